-- v2 -> v3: The desk: who a visitor is, and how its dialog stands

-- A site's desk is a dialog too, of its operators with the bot alone.
ALTER TABLE visitor ADD COLUMN desk BOOLEAN NOT NULL DEFAULT false;
-- Number within the site, from the visitor's first act on; 0 before.
ALTER TABLE visitor ADD COLUMN number BIGINT NOT NULL DEFAULT 0;
ALTER TABLE visitor ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE visitor ADD COLUMN named_by TEXT NOT NULL DEFAULT '';
-- What the visitor uses and where it seems to be, for people to read.
ALTER TABLE visitor ADD COLUMN system TEXT NOT NULL DEFAULT '';
ALTER TABLE visitor ADD COLUMN place TEXT NOT NULL DEFAULT '';
ALTER TABLE visitor ADD COLUMN country TEXT NOT NULL DEFAULT '';
ALTER TABLE visitor ADD COLUMN first_url TEXT NOT NULL DEFAULT '';
-- The folded text in which operators' words are searched.
ALTER TABLE visitor ADD COLUMN search TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX visitor_number ON visitor (site, number) WHERE number > 0;
CREATE UNIQUE INDEX visitor_desk ON visitor (site) WHERE desk;

ALTER TABLE dialog ADD COLUMN status TEXT NOT NULL DEFAULT '';
ALTER TABLE dialog ADD COLUMN opened_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE dialog ADD COLUMN closed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE dialog ADD COLUMN assignee TEXT NOT NULL DEFAULT '';
-- Since when a visitor's message has no answer; 0 when none waits.
ALTER TABLE dialog ADD COLUMN waiting_since BIGINT NOT NULL DEFAULT 0;
-- For which wait the operators were told that nobody answers.
ALTER TABLE dialog ADD COLUMN alerted_for BIGINT NOT NULL DEFAULT 0;
CREATE INDEX dialog_waiting ON dialog (waiting_since) WHERE waiting_since > 0;
CREATE INDEX dialog_open ON dialog (opened_at) WHERE status = 'open';

CREATE TABLE tag (
	visitor_id TEXT NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	-- The folded tag, by which two spellings are one.
	folded     TEXT NOT NULL,
	tag        TEXT NOT NULL,
	PRIMARY KEY (visitor_id, folded)
);

CREATE TABLE variable (
	visitor_id TEXT NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	name       TEXT NOT NULL,
	value      TEXT NOT NULL,
	PRIMARY KEY (visitor_id, name)
);

CREATE TABLE away (
	site     TEXT   NOT NULL,
	operator TEXT   NOT NULL,
	since    BIGINT NOT NULL,
	PRIMARY KEY (site, operator)
);

CREATE TABLE counter (
	name  TEXT   PRIMARY KEY,
	value BIGINT NOT NULL
);

-- Dialogs of before are open, with numbers in the order in which they came.
UPDATE dialog SET status = 'open', opened_at = (SELECT min(at) FROM entry WHERE entry.visitor_id = dialog.visitor_id AND party = 'visitor')
	WHERE EXISTS (SELECT 1 FROM entry WHERE entry.visitor_id = dialog.visitor_id AND party = 'visitor');
UPDATE visitor SET number = (SELECT count(*) FROM visitor v JOIN dialog d ON d.visitor_id = v.id
		WHERE v.site = visitor.site AND d.status = 'open' AND (v.created_at < visitor.created_at OR v.created_at = visitor.created_at AND v.id <= visitor.id))
	WHERE id IN (SELECT visitor_id FROM dialog WHERE status = 'open');
INSERT INTO counter (name, value) SELECT 'number of ' || site, max(number) FROM visitor WHERE number > 0 GROUP BY site;
