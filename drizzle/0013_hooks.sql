CREATE TABLE `hook_deliveries` (
	`hook_id` text NOT NULL,
	`delivery_key` text NOT NULL,
	`delivery_id` text,
	`received_at` integer NOT NULL,
	`outcome` text NOT NULL,
	`run_id` text,
	`status` text,
	`code` text,
	`detail` text,
	PRIMARY KEY(`hook_id`, `delivery_key`)
);
--> statement-breakpoint
CREATE INDEX `hook_deliveries_received_at` ON `hook_deliveries` (`hook_id`,`received_at`,`delivery_key`);--> statement-breakpoint
CREATE TABLE `hooks` (
	`hook_id` text PRIMARY KEY NOT NULL,
	`graph_id` text,
	`revision` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`refused` integer DEFAULT 0 NOT NULL,
	`last_refused_at` integer,
	`last_refusal` text,
	`definition` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `hooks_graph` ON `hooks` (`graph_id`) WHERE graph_id IS NOT NULL;