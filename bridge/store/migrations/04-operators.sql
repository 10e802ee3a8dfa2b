-- v3 -> v4: Operators at work: who is called, whether the bot speaks, who is shut out

-- Since when the bot is silent in a dialog, until when (0: until it is closed), and who asked for it.
ALTER TABLE dialog ADD COLUMN bot_off_since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE dialog ADD COLUMN bot_off_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE dialog ADD COLUMN bot_off_by TEXT NOT NULL DEFAULT '';

-- When somebody last said something in a dialog.
ALTER TABLE dialog ADD COLUMN said_at BIGINT NOT NULL DEFAULT 0;
UPDATE dialog SET said_at = COALESCE((SELECT max(at) FROM entry WHERE entry.visitor_id = dialog.visitor_id AND kind = 'message'), 0);

-- Invitations into a dialog's room that were asked for and not yet sent.
CREATE TABLE invitation (
	visitor_id TEXT NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	operator   TEXT NOT NULL,
	PRIMARY KEY (visitor_id, operator)
);

-- Keyed hashes of the addresses from which visitors came last.
CREATE TABLE address (
	visitor_id TEXT PRIMARY KEY REFERENCES visitor (id) ON DELETE CASCADE,
	hash       TEXT NOT NULL
);
CREATE INDEX address_hash ON address (hash);

CREATE TABLE blocked_address (
	site       TEXT   NOT NULL,
	hash       TEXT   NOT NULL,
	-- Who came from there when it was blocked; the block goes with that visitor.
	visitor_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	since      BIGINT NOT NULL,
	PRIMARY KEY (site, hash)
);
CREATE INDEX blocked_address_visitor ON blocked_address (visitor_id);

CREATE INDEX dialog_closed ON dialog (closed_at) WHERE status = 'closed';

-- What was said in a span of time.
CREATE INDEX entry_said ON entry (at) WHERE kind = 'message';
