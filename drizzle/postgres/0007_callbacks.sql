CREATE TABLE "deliveries" (
	"run_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"target" integer NOT NULL,
	"status" text COLLATE "C" NOT NULL,
	"event" text COLLATE "C" NOT NULL,
	"url" text COLLATE "C" NOT NULL,
	"secret" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"settled_at" bigint,
	"since" bigint NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"retries" integer DEFAULT 0 NOT NULL,
	"attempts" text DEFAULT '[]' NOT NULL,
	"body" text NOT NULL,
	CONSTRAINT "deliveries_run_id_seq_target_pk" PRIMARY KEY("run_id","seq","target")
);
--> statement-breakpoint
CREATE TABLE "delivery_targets" (
	"run_id" uuid NOT NULL,
	"target" integer NOT NULL,
	"host" text COLLATE "C" NOT NULL,
	"next_at" bigint,
	"is_gone" boolean DEFAULT false NOT NULL,
	"claim" text COLLATE "C",
	CONSTRAINT "delivery_targets_run_id_target_pk" PRIMARY KEY("run_id","target")
);
--> statement-breakpoint
CREATE INDEX "deliveries_status" ON "deliveries" USING btree ("status","created_at","run_id","seq","target");--> statement-breakpoint
CREATE INDEX "deliveries_pending" ON "deliveries" USING btree ("run_id","target","seq") WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX "delivery_targets_host" ON "delivery_targets" USING btree ("host","next_at") WHERE next_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "delivery_targets_next_at" ON "delivery_targets" USING btree ("next_at") WHERE next_at IS NOT NULL;