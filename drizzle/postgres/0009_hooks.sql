CREATE TABLE "hook_deliveries" (
	"hook_id" text COLLATE "C" NOT NULL,
	"delivery_key" text COLLATE "C" NOT NULL,
	"delivery_id" text,
	"received_at" bigint NOT NULL,
	"outcome" text COLLATE "C" NOT NULL,
	"run_id" uuid,
	"status" text COLLATE "C",
	"code" text,
	"detail" text,
	CONSTRAINT "hook_deliveries_hook_id_delivery_key_pk" PRIMARY KEY("hook_id","delivery_key")
);
--> statement-breakpoint
CREATE TABLE "hooks" (
	"hook_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"graph_id" text COLLATE "C",
	"revision" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	"refused" bigint DEFAULT 0 NOT NULL,
	"last_refused_at" bigint,
	"last_refusal" text,
	"definition" text NOT NULL
);
--> statement-breakpoint
CREATE INDEX "hook_deliveries_received_at" ON "hook_deliveries" USING btree ("hook_id","received_at","delivery_key");--> statement-breakpoint
CREATE INDEX "hooks_graph" ON "hooks" USING btree ("graph_id") WHERE graph_id IS NOT NULL;