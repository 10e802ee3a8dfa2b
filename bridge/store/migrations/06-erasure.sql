-- v5 -> v6: Erasure: visitors who are gone here, and what is left of them on the homeserver

CREATE TABLE erasure (
	visitor_id   TEXT   PRIMARY KEY,
	site         TEXT   NOT NULL,
	-- 0 when it is not known any more.
	number       BIGINT NOT NULL,
	-- Who asked for it; empty when the dialog was closed for long enough.
	requested_by TEXT   NOT NULL,
	requested_at BIGINT NOT NULL
);

CREATE TABLE erasure_room (
	room_id    TEXT    PRIMARY KEY,
	visitor_id TEXT    NOT NULL REFERENCES erasure (visitor_id) ON DELETE CASCADE,
	-- How far back its events were looked through, and whether anything was found on the way.
	place      TEXT    NOT NULL DEFAULT '',
	found      BOOLEAN NOT NULL DEFAULT false
);
CREATE INDEX erasure_room_visitor ON erasure_room (visitor_id);

-- Rooms of which nothing is taken in any more, by the hashes of their ids.
CREATE TABLE erased (
	room_hash TEXT PRIMARY KEY
);
