-- v13 -> v14: The inbox: contacts listed in any order, filtered and searched, by indexes alone

-- Of the visitor, so that one index serves a list: its site, its number, its folded name.
ALTER TABLE dialog ADD COLUMN site TEXT NOT NULL DEFAULT '';
ALTER TABLE dialog ADD COLUMN number BIGINT NOT NULL DEFAULT 0;
-- only: sqlite
ALTER TABLE dialog ADD COLUMN sort_name TEXT NOT NULL DEFAULT '';
-- only: postgres
ALTER TABLE dialog ADD COLUMN sort_name TEXT COLLATE "C" NOT NULL DEFAULT '';

-- The newest message that was not removed; empty without one.
ALTER TABLE dialog ADD COLUMN last_id TEXT NOT NULL DEFAULT '';
ALTER TABLE dialog ADD COLUMN last_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE dialog ADD COLUMN last_party TEXT NOT NULL DEFAULT '';
ALTER TABLE dialog ADD COLUMN last_text TEXT NOT NULL DEFAULT '';
ALTER TABLE dialog ADD COLUMN last_file BOOLEAN NOT NULL DEFAULT false;
-- The number of the newest message of an operator that was not removed; 0 without one.
ALTER TABLE dialog ADD COLUMN operator_seq BIGINT NOT NULL DEFAULT 0;
-- How many of the visitor's messages no operator has seen or answered.
ALTER TABLE dialog ADD COLUMN unread BIGINT NOT NULL DEFAULT 0;

UPDATE dialog SET
	site = (SELECT site FROM visitor v WHERE v.id = dialog.visitor_id),
	number = (SELECT number FROM visitor v WHERE v.id = dialog.visitor_id),
	last_id = COALESCE((SELECT e.id FROM entry e WHERE e.visitor_id = dialog.visitor_id AND e.kind = 'message' AND NOT e.redacted
		ORDER BY e.seq DESC LIMIT 1), ''),
	operator_seq = COALESCE((SELECT max(e.seq) FROM entry e WHERE e.visitor_id = dialog.visitor_id AND e.kind = 'message' AND e.party = 'operator'
		AND NOT e.redacted), 0);
UPDATE dialog SET
	last_at = (SELECT e.at FROM entry e WHERE e.id = dialog.last_id),
	last_party = (SELECT e.party FROM entry e WHERE e.id = dialog.last_id),
	-- only: sqlite for next 3 lines
	last_file = (SELECT json_extract(e.content, '$.file') IS NOT NULL FROM entry e WHERE e.id = dialog.last_id),
	last_text = substr(trim(replace(replace(COALESCE((SELECT json_extract(e.content, '$.text') FROM entry e WHERE e.visitor_id = dialog.visitor_id
		AND (e.id = dialog.last_id OR e.target = dialog.last_id AND e.kind = 'edit') ORDER BY e.seq DESC LIMIT 1), ''), char(10), ' '), char(9), ' ')), 1, 200)
	-- only: postgres for next 3 lines
	last_file = (SELECT e.content::json -> 'file' IS NOT NULL FROM entry e WHERE e.id = dialog.last_id),
	last_text = substr(trim(replace(replace(COALESCE((SELECT e.content::json ->> 'text' FROM entry e WHERE e.visitor_id = dialog.visitor_id
		AND (e.id = dialog.last_id OR e.target = dialog.last_id AND e.kind = 'edit') ORDER BY e.seq DESC LIMIT 1), ''), chr(10), ' '), chr(9), ' ')), 1, 200)
	WHERE last_id <> '';
UPDATE dialog SET unread = (SELECT count(*) FROM entry e WHERE e.visitor_id = dialog.visitor_id AND e.seq > seen_seq AND e.seq > operator_seq
		AND e.seq > past_seq AND e.kind = 'message' AND e.party = 'visitor' AND NOT e.redacted)
	WHERE status <> 'closed';

-- The orders of lists; a query that is to use them says "number <> 0" as well (a range of numbers would be taken for one of an index). The
-- expression is that of store/contacts.go: open dialogs by how long they wait, then
-- the other open ones and the rest, each by when something was said last.
CREATE INDEX dialog_by_wait ON dialog (site, (CASE WHEN status = 'open' AND waiting_since > 0 AND NOT blocked THEN waiting_since
	WHEN status = 'open' THEN 20000000000000 - said_at ELSE 40000000000000 - said_at END), number) WHERE number <> 0;
CREATE INDEX dialog_by_activity ON dialog (site, said_at, number) WHERE number <> 0;
CREATE INDEX dialog_by_status_activity ON dialog (site, status, said_at, number) WHERE number <> 0;
CREATE INDEX dialog_by_number ON dialog (site, number) WHERE number <> 0;
CREATE INDEX dialog_by_status_number ON dialog (site, status, number) WHERE number <> 0;
CREATE INDEX dialog_by_name ON dialog (site, sort_name, number) WHERE number <> 0;
CREATE INDEX dialog_by_status_name ON dialog (site, status, sort_name, number) WHERE number <> 0;
CREATE INDEX dialog_of ON dialog (site, assignee, status) WHERE number <> 0;
-- Who is called the same.
CREATE INDEX visitor_name ON visitor (site, name);

-- The folded words by whose beginnings a visitor is found.
CREATE TABLE word (
	visitor_id TEXT NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	-- only: sqlite
	word       TEXT NOT NULL,
	-- only: postgres
	word       TEXT COLLATE "C" NOT NULL,
	site       TEXT NOT NULL,
	PRIMARY KEY (visitor_id, word)
-- only: sqlite
) WITHOUT ROWID;
-- only: postgres
);
CREATE INDEX word_site ON word (site, word, visitor_id);

-- Whose words are not there yet, as they wrote before: the program finds them, some
-- visitors at a time while it runs, by what it knows of words.
CREATE TABLE unindexed (
	visitor_id TEXT PRIMARY KEY REFERENCES visitor (id) ON DELETE CASCADE
);
INSERT INTO unindexed (visitor_id) SELECT id FROM visitor WHERE number > 0;
-- Before, a visitor was looked for in one text. The name came first in it, and the number behind.
UPDATE dialog SET sort_name = COALESCE((SELECT
		-- only: sqlite
		substr(v.search, 1, instr(v.search || ' ', ' #' || v.number || ' ') - 1)
		-- only: postgres
		substr(v.search, 1, strpos(v.search || ' ', ' #' || v.number || ' ') - 1)
		FROM visitor v WHERE v.id = dialog.visitor_id AND v.search LIKE '% #%'), '')
	WHERE number <> 0;
ALTER TABLE visitor DROP COLUMN search;

ALTER TABLE tag ADD COLUMN site TEXT NOT NULL DEFAULT '';
UPDATE tag SET site = (SELECT site FROM visitor v WHERE v.id = tag.visitor_id);
CREATE INDEX tag_site ON tag (site, folded, visitor_id);

-- Deals of a whole site, the latest first, and what they come to.
CREATE INDEX deal_status ON deal (site, status, number);
CREATE INDEX deal_pipeline ON deal (site, pipeline, number);
CREATE INDEX deal_pipeline_status ON deal (site, pipeline, status, number);
CREATE INDEX deal_pipeline_stage ON deal (site, pipeline, stage, number);
CREATE INDEX deal_pipeline_stage_status ON deal (site, pipeline, stage, status, number);
CREATE INDEX deal_sums ON deal (site, pipeline, stage, status, currency, amount);
DROP INDEX deal_stage;
