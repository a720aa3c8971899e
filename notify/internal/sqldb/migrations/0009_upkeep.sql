-- +goose Up

-- How far each task that goes through a table in small steps has come. Who has the row locked does a step.
CREATE TABLE notify_upkeep (
	task    TEXT NOT NULL PRIMARY KEY,
	at      BIGINT NOT NULL DEFAULT 0, -- the row that was looked at last: at and b, or a and b
	a       TEXT NOT NULL DEFAULT '',
	b       TEXT NOT NULL DEFAULT '',
	next_at BIGINT NOT NULL DEFAULT 0 -- not before
);
INSERT INTO notify_upkeep (task) VALUES ('persons');
INSERT INTO notify_upkeep (task) VALUES ('leads');

-- +goose Down
DROP TABLE notify_upkeep;
