CREATE TABLE "processes" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"abilities" text[] NOT NULL,
	"seen_at" bigint NOT NULL
);
