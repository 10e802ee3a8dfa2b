-- A database as the first version of the tables left it: two visitors of two
-- sites, with rows in every table. Frozen: never change it, later versions must
-- go on reading it. Made by the code of that day, then "sqlite3 v1.db .dump".
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE database_owner (
	key   INTEGER PRIMARY KEY DEFAULT 0,
	owner TEXT NOT NULL
);
INSERT INTO database_owner VALUES(0,'anteroom');
CREATE TABLE version (version INTEGER, compat INTEGER);
INSERT INTO version VALUES(1,1);
CREATE TABLE meta (
	key   TEXT PRIMARY KEY,
	value TEXT NOT NULL
);
INSERT INTO meta VALUES('boot','1');
CREATE TABLE visitor (
	id            TEXT   PRIMARY KEY,
	site          TEXT   NOT NULL,
	created_at    BIGINT NOT NULL,
	seen_at       BIGINT NOT NULL,
	language      TEXT   NOT NULL,
	time_zone     TEXT   NOT NULL,
	user_agent    TEXT   NOT NULL,
	page_url      TEXT   NOT NULL DEFAULT '',
	page_title    TEXT   NOT NULL DEFAULT '',
	page_referrer TEXT   NOT NULL DEFAULT ''
);
INSERT INTO visitor VALUES('6ogx6bbgxfryhno4','shop',1773480413589,1773480414589,'ru','Europe/Moscow','Mozilla/5.0 (X11; Linux x86_64) Firefox/148.0','https://shop.example/tea?kind=green','Чай — «зелёный»','https://search.example/');
INSERT INTO visitor VALUES('u2nest7qtxcz3plh','blog',1773484013589,1773484013589,'en','Europe/London','Mozilla/5.0 (iPhone)','','','');
CREATE TABLE session (
	secret_hash TEXT   NOT NULL,
	site        TEXT   NOT NULL,
	visitor_id  TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	created_at  BIGINT NOT NULL,
	PRIMARY KEY (site, secret_hash)
);
INSERT INTO session VALUES('hash-of-anna','shop','6ogx6bbgxfryhno4',1773480413589);
INSERT INTO session VALUES('hash-of-bob','blog','u2nest7qtxcz3plh',1773484013589);
CREATE TABLE dialog (
	visitor_id    TEXT    PRIMARY KEY REFERENCES visitor (id) ON DELETE CASCADE,
	last_seq      BIGINT  NOT NULL DEFAULT 0,
	read_seq      BIGINT  NOT NULL DEFAULT 0,
	delivered_seq BIGINT  NOT NULL DEFAULT 0,
	seen_seq      BIGINT  NOT NULL DEFAULT 0,
	blocked       BOOLEAN NOT NULL DEFAULT false,
	poll_since    TEXT    NOT NULL DEFAULT ''
);
INSERT INTO dialog VALUES('6ogx6bbgxfryhno4',4,2,2,1,0,'s42_7');
INSERT INTO dialog VALUES('u2nest7qtxcz3plh',1,0,0,0,1,'');
CREATE TABLE entry (
	id            TEXT    PRIMARY KEY,
	visitor_id    TEXT    NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	seq           BIGINT  NOT NULL,
	kind          TEXT    NOT NULL,
	party         TEXT    NOT NULL,
	author_id     TEXT    NOT NULL,
	author_name   TEXT    NOT NULL,
	author_avatar TEXT    NOT NULL,
	client_id     TEXT    NOT NULL,
	target        TEXT    NOT NULL,
	content       TEXT    NOT NULL,
	redacted      BOOLEAN NOT NULL DEFAULT false,
	at            BIGINT  NOT NULL,
	origin        TEXT    NOT NULL,
	UNIQUE (visitor_id, seq),
	UNIQUE (visitor_id, origin)
);
INSERT INTO entry VALUES('scgwr64wf6oglcj3p7zubdofye','6ogx6bbgxfryhno4',1,'message','visitor','','','','client-msg-1','','{"text":"Здравствуйте!\nЕсть зелёный чай?"}',0,1773480413589,'cid:client-msg-1');
INSERT INTO entry VALUES('o2eugch3yanbyv7rjkwn24paxe','6ogx6bbgxfryhno4',2,'message','visitor','','','','client-msg-2','','{"text":"вот такой 🍵","file":{"id":"bxsh3oyazjrgs336q4bry6q4ku","kind":"image","name":"it''s a cup;.png","type":"image/png","size":12345,"width":640,"height":480}}',0,1773480414589,'cid:client-msg-2');
INSERT INTO entry VALUES('m3d4imlci2uqfuvdba6ykevuty','6ogx6bbgxfryhno4',3,'message','operator','@maria:example.org','Мария','mxc://example.org/maria','','','{"text":"Да, есть","html":"\u003cb\u003eДа\u003c/b\u003e, есть","reply_to":"scgwr64wf6oglcj3p7zubdofye"}',0,1773480415589,'$answer-1');
INSERT INTO entry VALUES('ogp72hj443yub7aywp2yjoq57u','6ogx6bbgxfryhno4',4,'reaction','operator','@maria:example.org','Мария','','','scgwr64wf6oglcj3p7zubdofye','{"key":"👍"}',0,1773480416589,'$react-1');
INSERT INTO entry VALUES('o4x6i3h77s6vfq7cre6mto7coy','u2nest7qtxcz3plh',1,'message','visitor','','','','client-bob-1','','{"text":"Hi"}',0,1773484013589,'cid:client-bob-1');
CREATE TABLE outbox (
	entry_id   TEXT   PRIMARY KEY REFERENCES entry (id) ON DELETE CASCADE,
	visitor_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	seq        BIGINT NOT NULL,
	state      TEXT   NOT NULL,
	error      TEXT   NOT NULL DEFAULT ''
);
INSERT INTO outbox VALUES('scgwr64wf6oglcj3p7zubdofye','6ogx6bbgxfryhno4',1,'sent','');
INSERT INTO outbox VALUES('o2eugch3yanbyv7rjkwn24paxe','6ogx6bbgxfryhno4',2,'pending','');
INSERT INTO outbox VALUES('o4x6i3h77s6vfq7cre6mto7coy','u2nest7qtxcz3plh',1,'failed','M_FORBIDDEN: it''s closed');
CREATE TABLE event (
	event_id   TEXT PRIMARY KEY,
	room_id    TEXT NOT NULL,
	visitor_id TEXT NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	entry_id   TEXT NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
	-- A second event of the same entry, which is removed from the room.
	twin       BOOLEAN NOT NULL DEFAULT false
);
INSERT INTO event VALUES('$anna-1','!second:example.org','6ogx6bbgxfryhno4','scgwr64wf6oglcj3p7zubdofye',0);
INSERT INTO event VALUES('$answer-1','!second:example.org','6ogx6bbgxfryhno4','m3d4imlci2uqfuvdba6ykevuty',0);
CREATE TABLE inbox (
	position    INTEGER PRIMARY KEY AUTOINCREMENT,
	event_key   TEXT   NOT NULL UNIQUE,
	room_id     TEXT   NOT NULL,
	raw         TEXT   NOT NULL,
	state       TEXT   NOT NULL,
	waits_for   TEXT   NOT NULL DEFAULT '',
	journal_seq BIGINT NOT NULL DEFAULT 0,
	error       TEXT   NOT NULL DEFAULT '',
	received_at BIGINT NOT NULL
);
INSERT INTO inbox VALUES(1,'$answer-1','!second:example.org','','done','',3,'',1773480413589);
INSERT INTO inbox VALUES(2,'$later-1','!second:example.org','{"type":"m.reaction"}','new','',0,'',1773480413589);
INSERT INTO inbox VALUES(3,'$parked-1','!second:example.org','{"type":"m.room.redaction"}','parked','$unknown',0,'',1773480413589);
INSERT INTO inbox VALUES(4,'$bad-1','!blog:example.org','{"type":"x"}','failed','',0,'no content',1773480413589);
CREATE TABLE file (
	id         TEXT   PRIMARY KEY,
	visitor_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	party      TEXT   NOT NULL,
	state      TEXT   NOT NULL,
	kind       TEXT   NOT NULL,
	name       TEXT   NOT NULL,
	type       TEXT   NOT NULL,
	size       BIGINT NOT NULL,
	width      BIGINT NOT NULL,
	height     BIGINT NOT NULL,
	duration   BIGINT NOT NULL,
	mxc        TEXT   NOT NULL DEFAULT '',
	entry_id   TEXT   NOT NULL DEFAULT '',
	client_id  TEXT   NOT NULL DEFAULT '',
	created_at BIGINT NOT NULL
);
INSERT INTO file VALUES('bxsh3oyazjrgs336q4bry6q4ku','6ogx6bbgxfryhno4','visitor','staged','image','it''s a cup;.png','image/png',12345,640,480,0,'mxc://example.org/cup','o2eugch3yanbyv7rjkwn24paxe','client-file-1',1773480413589);
CREATE TABLE room (
	room_id    TEXT    PRIMARY KEY,
	visitor_id TEXT    NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	current    BOOLEAN NOT NULL,
	created_at BIGINT  NOT NULL
);
INSERT INTO room VALUES('!first:example.org','6ogx6bbgxfryhno4',0,1773480413589);
INSERT INTO room VALUES('!second:example.org','6ogx6bbgxfryhno4',1,1773480473589);
INSERT INTO room VALUES('!blog:example.org','u2nest7qtxcz3plh',1,1773484013589);
CREATE TABLE site_room (
	site    TEXT NOT NULL,
	role    TEXT NOT NULL,
	room_id TEXT NOT NULL UNIQUE,
	PRIMARY KEY (site, role)
);
INSERT INTO site_room VALUES('shop','space','!space:example.org');
CREATE TABLE applied (
	subject TEXT NOT NULL,
	what    TEXT NOT NULL,
	value   TEXT NOT NULL,
	PRIMARY KEY (subject, what)
);
INSERT INTO applied VALUES('6ogx6bbgxfryhno4','room_name','Москва 14.03 12:26');
CREATE TABLE lease (
	name       TEXT   PRIMARY KEY,
	owner      TEXT   NOT NULL,
	fence      BIGINT NOT NULL,
	expires_at BIGINT NOT NULL
);
INSERT INTO lease VALUES('dialog:6ogx6bbgxfryhno4','owner-2',2,1773484073589);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('inbox',4);
CREATE INDEX visitor_site ON visitor (site, created_at);
CREATE INDEX session_visitor ON session (visitor_id);
CREATE INDEX entry_target ON entry (visitor_id, target) WHERE target <> '';
CREATE INDEX outbox_dialog ON outbox (visitor_id, seq);
CREATE INDEX outbox_pending ON outbox (visitor_id, seq) WHERE state = 'pending';
CREATE INDEX event_entry ON event (entry_id);
CREATE INDEX event_visitor ON event (visitor_id);
CREATE INDEX inbox_new ON inbox (position) WHERE state = 'new';
CREATE INDEX inbox_parked ON inbox (waits_for) WHERE state = 'parked';
CREATE INDEX inbox_room ON inbox (room_id);
CREATE INDEX file_visitor ON file (visitor_id);
CREATE INDEX file_loose ON file (created_at) WHERE entry_id = '';
CREATE UNIQUE INDEX file_client ON file (visitor_id, client_id) WHERE client_id <> '';
CREATE INDEX room_visitor ON room (visitor_id, created_at);
CREATE UNIQUE INDEX room_current ON room (visitor_id) WHERE current;
COMMIT;
