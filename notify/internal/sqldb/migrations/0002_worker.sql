-- +goose Up

-- 1 while the lead is queued only to wait before its message is sent again with the same id: nobody is at it.
ALTER TABLE notify_firings ADD COLUMN parked BIGINT NOT NULL DEFAULT 0;
-- How often the lead was taken up again after a process that had it ended, since the last time one was done with it.
ALTER TABLE notify_firings ADD COLUMN takes BIGINT NOT NULL DEFAULT 0;
-- Until when the lead waits because of what WeChat answered, however often it is planned again.
ALTER TABLE notify_firings ADD COLUMN wait_until BIGINT NOT NULL DEFAULT 0;

-- The doors that a lead was left for, by processes that do not have them, and those that were looked at: "|a|b|".
ALTER TABLE notify_firings ADD COLUMN wants TEXT NOT NULL DEFAULT '';
ALTER TABLE notify_firings ADD COLUMN looked TEXT NOT NULL DEFAULT '';

-- Allowances of accounts that are used up, each at one door.
CREATE TABLE notify_quotas (
	app_id   TEXT NOT NULL,
	door     TEXT NOT NULL,
	until_at BIGINT NOT NULL, -- the end of the quota's day
	probe_at BIGINT NOT NULL, -- from here on one message may ask before that
	PRIMARY KEY (app_id, door)
);

-- +goose Down
DROP TABLE notify_quotas;
ALTER TABLE notify_firings DROP COLUMN looked;
ALTER TABLE notify_firings DROP COLUMN wants;
ALTER TABLE notify_firings DROP COLUMN wait_until;
ALTER TABLE notify_firings DROP COLUMN takes;
ALTER TABLE notify_firings DROP COLUMN parked;
