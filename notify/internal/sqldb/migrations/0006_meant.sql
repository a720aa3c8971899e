-- +goose Up

-- When the reminder says that a lead is to be sent, while fire_at moves with each wait: a plan that says the same
-- again leaves a wait alone. Of a lead that waits at this moment the time that was meant is not known.
ALTER TABLE notify_firings ADD COLUMN meant_at BIGINT NOT NULL DEFAULT 0;
UPDATE notify_firings SET meant_at = fire_at;

-- +goose Down
ALTER TABLE notify_firings DROP COLUMN meant_at;
