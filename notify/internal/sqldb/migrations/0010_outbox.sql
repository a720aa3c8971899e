-- +goose Up

-- Who reads the changes of leads. Without a reader no change is written: the triggers are made for the first.
CREATE TABLE notify_readers (
	name        TEXT NOT NULL PRIMARY KEY,
	states      TEXT NOT NULL, -- that are told, "|a|b|"; '' for all
	keep        BIGINT NOT NULL, -- milliseconds for which a change waits for its acknowledgement
	holder      TEXT NOT NULL DEFAULT '', -- the process that reads now
	lease_until BIGINT NOT NULL DEFAULT 0
);

-- One row for each reader and change of state, until it is acknowledged.
CREATE TABLE notify_changes (
	seq         {counted},
	reader      TEXT NOT NULL,
	at          BIGINT NOT NULL, -- by the clock of the database
	firing_id   TEXT NOT NULL,
	reminder_id TEXT NOT NULL,
	user_id     TEXT NOT NULL,
	due         BIGINT NOT NULL,
	lead        TEXT NOT NULL,
	was         TEXT NOT NULL, -- '' of a new lead
	state       TEXT NOT NULL,
	door        TEXT NOT NULL,
	reason      TEXT NOT NULL
);
CREATE INDEX notify_changes_reader ON notify_changes (reader, seq);
CREATE INDEX notify_changes_user ON notify_changes (user_id);
INSERT INTO notify_upkeep (task) VALUES ('changes');

-- +goose Down
DELETE FROM notify_upkeep WHERE task = 'changes';
DROP TABLE notify_changes;
DROP TABLE notify_readers;
