CREATE TABLE `deliveries` (
	`run_id` text NOT NULL,
	`seq` integer NOT NULL,
	`target` integer NOT NULL,
	`status` text NOT NULL,
	`event` text NOT NULL,
	`url` text NOT NULL,
	`secret` text NOT NULL,
	`created_at` integer NOT NULL,
	`settled_at` integer,
	`since` integer NOT NULL,
	`tries` integer DEFAULT 0 NOT NULL,
	`retries` integer DEFAULT 0 NOT NULL,
	`attempts` text DEFAULT '[]' NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`run_id`, `seq`, `target`)
);
--> statement-breakpoint
CREATE INDEX `deliveries_status` ON `deliveries` (`status`,`created_at`,`run_id`,`seq`,`target`);--> statement-breakpoint
CREATE INDEX `deliveries_pending` ON `deliveries` (`run_id`,`target`,`seq`) WHERE status = 'pending';--> statement-breakpoint
CREATE TABLE `delivery_targets` (
	`run_id` text NOT NULL,
	`target` integer NOT NULL,
	`host` text NOT NULL,
	`next_at` integer,
	`is_gone` integer DEFAULT false NOT NULL,
	`claim` text,
	PRIMARY KEY(`run_id`, `target`)
);
--> statement-breakpoint
CREATE INDEX `delivery_targets_host` ON `delivery_targets` (`host`,`next_at`) WHERE next_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `delivery_targets_next_at` ON `delivery_targets` (`next_at`) WHERE next_at IS NOT NULL;