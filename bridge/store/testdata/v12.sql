-- A database of version 12, before the inbox had its indexes.
BEGIN TRANSACTION;
CREATE TABLE address (
	visitor_id TEXT PRIMARY KEY REFERENCES visitor (id) ON DELETE CASCADE,
	hash       TEXT NOT NULL
);
CREATE TABLE api_request (
	site       TEXT   NOT NULL,
	-- The name of the program's token.
	token      TEXT   NOT NULL,
	-- The program's own key of the request (Idempotency-Key).
	key        TEXT   NOT NULL,
	-- Whom it was about; the answer goes with the visitor.
	visitor_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	-- The hash of what was asked.
	asked      TEXT   NOT NULL,
	status     BIGINT NOT NULL,
	body       TEXT   NOT NULL,
	at         BIGINT NOT NULL,
	PRIMARY KEY (site, token, key)
);
CREATE TABLE applied (
	subject TEXT NOT NULL,
	what    TEXT NOT NULL,
	value   TEXT NOT NULL,
	PRIMARY KEY (subject, what)
);
CREATE TABLE assistant_request (
	visitor_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	id         TEXT   NOT NULL,
	assistant  TEXT   NOT NULL,
	-- When it was ordered.
	at         BIGINT NOT NULL,
	-- When somebody may take it up; while it is being answered, when that is given up.
	next_at    BIGINT NOT NULL,
	PRIMARY KEY (visitor_id, id)
);
CREATE TABLE assistant_usage (
	site       TEXT   NOT NULL,
	assistant  TEXT   NOT NULL,
	-- A day of the site's own zone: "2026-11-26".
	day        TEXT   NOT NULL,
	-- site, visitor or address.
	scope      TEXT   NOT NULL,
	-- The visitor's id or the address's hash; empty for the site.
	subject    TEXT   NOT NULL,
	requests   BIGINT NOT NULL,
	prompt     BIGINT NOT NULL,
	completion BIGINT NOT NULL,
	-- The visitor of the scope visitor.
	visitor_id TEXT   REFERENCES visitor (id) ON DELETE CASCADE,
	PRIMARY KEY (site, assistant, day, scope, subject)
);
CREATE TABLE away (
	site     TEXT   NOT NULL,
	operator TEXT   NOT NULL,
	since    BIGINT NOT NULL,
	PRIMARY KEY (site, operator)
);
CREATE TABLE blocked_address (
	site       TEXT   NOT NULL,
	hash       TEXT   NOT NULL,
	-- Who came from there when it was blocked; the block goes with that visitor.
	visitor_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	since      BIGINT NOT NULL,
	PRIMARY KEY (site, hash)
);
CREATE TABLE bot_count (
	site      TEXT   NOT NULL,
	chain     TEXT   NOT NULL,
	step      TEXT   NOT NULL,
	-- A day of the site's own zone: "2026-11-26".
	day       TEXT   NOT NULL,
	entered   BIGINT NOT NULL DEFAULT 0,
	answered  BIGINT NOT NULL DEFAULT 0,
	abandoned BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (site, chain, step, day)
);
CREATE TABLE bot_input (
	position   INTEGER PRIMARY KEY AUTOINCREMENT,
	visitor_id TEXT    NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	-- What it came from; the same comes once.
	input_key  TEXT    NOT NULL,
	event      TEXT    NOT NULL,
	at         BIGINT  NOT NULL,
	UNIQUE (visitor_id, input_key)
);
CREATE TABLE bot_request (
	visitor_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	id         TEXT   NOT NULL,
	request    TEXT   NOT NULL,
	-- When somebody may make it; while it is being made, when that is given up.
	next_at    BIGINT NOT NULL,
	PRIMARY KEY (visitor_id, id)
);
CREATE TABLE bot_state (
	visitor_id TEXT   PRIMARY KEY REFERENCES visitor (id) ON DELETE CASCADE,
	state      TEXT   NOT NULL,
	-- Rises with every turn.
	version    BIGINT NOT NULL,
	-- When time alone brings its next turn; 0 for never.
	due_at     BIGINT NOT NULL
);
CREATE TABLE bot_unmatched (
	position   INTEGER PRIMARY KEY AUTOINCREMENT,
	site       TEXT    NOT NULL,
	visitor_id TEXT    NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	text       TEXT    NOT NULL,
	at         BIGINT  NOT NULL
);
CREATE TABLE bucket (
	site    TEXT   NOT NULL,
	-- "open", or the month in which its dialogs were closed: "2026-11".
	shelf   TEXT   NOT NULL,
	-- From 1 on in each shelf; the highest takes what comes.
	number  BIGINT NOT NULL,
	room_id TEXT   NOT NULL UNIQUE,
	PRIMARY KEY (site, shelf, number)
);
CREATE TABLE child (
	space_id TEXT NOT NULL,
	room_id  TEXT NOT NULL,
	state    TEXT NOT NULL,
	PRIMARY KEY (space_id, room_id)
);
CREATE TABLE counter (
	name  TEXT   PRIMARY KEY,
	value BIGINT NOT NULL
);
CREATE TABLE database_owner (key INTEGER PRIMARY KEY DEFAULT 0, owner TEXT NOT NULL);
INSERT INTO "database_owner" VALUES(1,'anteroom');
CREATE TABLE deal (
	site       TEXT   NOT NULL,
	-- Within the site, from 1 on.
	number     BIGINT NOT NULL,
	visitor_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	title      TEXT   NOT NULL,
	-- In the smallest unit of the currency, which is empty when there is no amount.
	amount     BIGINT NOT NULL,
	currency   TEXT   NOT NULL,
	pipeline   TEXT   NOT NULL,
	stage      TEXT   NOT NULL,
	status     TEXT   NOT NULL,
	created_at BIGINT NOT NULL,
	changed_at BIGINT NOT NULL,
	-- When it was won or lost; 0 while it is open.
	closed_at  BIGINT NOT NULL,
	PRIMARY KEY (site, number)
);
CREATE TABLE deal_change (
	position INTEGER PRIMARY KEY AUTOINCREMENT,
	site     TEXT    NOT NULL,
	number   BIGINT  NOT NULL,
	at       BIGINT  NOT NULL,
	-- An operator's user id, or what else did it.
	by_whom  TEXT    NOT NULL,
	-- created, title, amount, stage or status, and what it was and is.
	what     TEXT    NOT NULL,
	was      TEXT    NOT NULL,
	becomes  TEXT    NOT NULL,
	FOREIGN KEY (site, number) REFERENCES deal (site, number) ON DELETE CASCADE
);
CREATE TABLE delivery (
	id         TEXT   PRIMARY KEY,
	site       TEXT   NOT NULL,
	-- Whom it is about; it goes when the visitor is erased.
	visitor_id TEXT   REFERENCES visitor (id) ON DELETE CASCADE,
	kind       TEXT   NOT NULL,
	target     TEXT   NOT NULL,
	origin     TEXT   NOT NULL,
	payload    TEXT   NOT NULL,
	state      TEXT   NOT NULL,
	attempts   BIGINT NOT NULL DEFAULT 0,
	-- When it is due; while it is being sent, when its lease ends.
	next_at    BIGINT NOT NULL,
	error      TEXT   NOT NULL DEFAULT '',
	created_at BIGINT NOT NULL,
	ended_at   BIGINT NOT NULL DEFAULT 0,
	UNIQUE (site, kind, target, origin)
);
CREATE TABLE dialog (
	visitor_id    TEXT    PRIMARY KEY REFERENCES visitor (id) ON DELETE CASCADE,
	last_seq      BIGINT  NOT NULL DEFAULT 0,
	read_seq      BIGINT  NOT NULL DEFAULT 0,
	delivered_seq BIGINT  NOT NULL DEFAULT 0,
	seen_seq      BIGINT  NOT NULL DEFAULT 0,
	blocked       BOOLEAN NOT NULL DEFAULT false,
	poll_since    TEXT    NOT NULL DEFAULT ''
, status TEXT NOT NULL DEFAULT '', opened_at BIGINT NOT NULL DEFAULT 0, closed_at BIGINT NOT NULL DEFAULT 0, assignee TEXT NOT NULL DEFAULT '', waiting_since BIGINT NOT NULL DEFAULT 0, alerted_for BIGINT NOT NULL DEFAULT 0, bot_off_since BIGINT NOT NULL DEFAULT 0, bot_off_until BIGINT NOT NULL DEFAULT 0, bot_off_by TEXT NOT NULL DEFAULT '', said_at BIGINT NOT NULL DEFAULT 0, move BIGINT NOT NULL DEFAULT 0, called BOOLEAN NOT NULL DEFAULT false, left_seq BIGINT NOT NULL DEFAULT 0, promised BOOLEAN NOT NULL DEFAULT false, early_calls TEXT NOT NULL DEFAULT '', rating BIGINT NOT NULL DEFAULT 0, rating_of BIGINT NOT NULL DEFAULT 0, past_seq BIGINT NOT NULL DEFAULT 0, translate TEXT NOT NULL DEFAULT '');
INSERT INTO "dialog" VALUES('petr',7,0,0,1,0,'','open',1773480001000,0,'',1773480004000,0,0,0,'',1773480006000,0,0,0,0,'',0,0,0,'');
INSERT INTO "dialog" VALUES('file',2,0,0,0,0,'','closed',1773480001000,1773480009000,'',0,0,0,0,'',1773480002000,0,0,0,0,'',0,0,0,'');
INSERT INTO "dialog" VALUES('lurker',1,0,0,0,0,'','',0,0,'',0,0,0,0,'',0,0,0,0,0,'',0,0,0,'');
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
INSERT INTO "entry" VALUES('petr-1','petr',1,'message','visitor','','','','','','{"text":"Здравствуйте!"}',0,1773480001000,'o1');
INSERT INTO "entry" VALUES('petr-2','petr',2,'message','operator','','','','','','{"text":"Добрый день"}',0,1773480002000,'o2');
INSERT INTO "entry" VALUES('petr-3','petr',3,'message','visitor','','','','','','{"text":"Есть чай?"}',0,1773480003000,'o3');
INSERT INTO "entry" VALUES('petr-4','petr',4,'message','visitor','','','','','','{"text":"Зелёный\n чай?"}',0,1773480004000,'o4');
INSERT INTO "entry" VALUES('petr-5','petr',5,'edit','visitor','','','','','petr-4','{"text":"Зелёный\nчай!"}',0,1773480005000,'o5');
INSERT INTO "entry" VALUES('petr-6','petr',6,'message','visitor','','','','','','{}',1,1773480006000,'o6');
INSERT INTO "entry" VALUES('petr-7','petr',7,'redaction','visitor','','','','','petr-6','{}',0,1773480007000,'o7');
INSERT INTO "entry" VALUES('file-1','file',1,'message','visitor','','','','','','{"text":"Look"}',0,1773480001000,'o1');
INSERT INTO "entry" VALUES('file-2','file',2,'message','visitor','','','','','','{"text":"A cup","file":{"id":"f","kind":"image","name":"cup.png","type":"image/png","size":1}}',0,1773480002000,'o2');
INSERT INTO "entry" VALUES('lurker-1','lurker',1,'message','bot','','','','','','{"text":"Hello"}',0,1773480001000,'o1');
CREATE TABLE erased (
	room_hash TEXT PRIMARY KEY
);
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
CREATE TABLE errand (
	position   INTEGER PRIMARY KEY AUTOINCREMENT,
	visitor_id TEXT    NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	-- What it came from; the same is written once at a time.
	id         TEXT    NOT NULL,
	kind       TEXT    NOT NULL,
	errand     TEXT    NOT NULL,
	-- When somebody may take it; while it is being written, when that is given up.
	next_at    BIGINT  NOT NULL,
	-- How often it came to nothing by a fault of ours.
	failures   BIGINT  NOT NULL DEFAULT 0,
	UNIQUE (visitor_id, id)
);
CREATE TABLE event (
	event_id   TEXT PRIMARY KEY,
	room_id    TEXT NOT NULL,
	visitor_id TEXT NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	entry_id   TEXT NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
	-- A second event of the same entry, which is removed from the room.
	twin       BOOLEAN NOT NULL DEFAULT false
);
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
CREATE TABLE identity (
	site       TEXT   NOT NULL,
	-- The site's own id of the user.
	subject    TEXT   NOT NULL,
	visitor_id TEXT   NOT NULL UNIQUE REFERENCES visitor (id) ON DELETE CASCADE,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (site, subject)
);
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
CREATE TABLE invitation (
	visitor_id TEXT NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	operator   TEXT NOT NULL,
	PRIMARY KEY (visitor_id, operator)
);
CREATE TABLE lease (
	name       TEXT   PRIMARY KEY,
	owner      TEXT   NOT NULL,
	fence      BIGINT NOT NULL,
	expires_at BIGINT NOT NULL
);
CREATE TABLE member (
	room_id TEXT   NOT NULL REFERENCES room (room_id) ON DELETE CASCADE,
	user_id TEXT   NOT NULL,
	state   TEXT   NOT NULL,
	-- Since when they are in.
	since   BIGINT NOT NULL,
	PRIMARY KEY (room_id, user_id)
);
CREATE TABLE meta (
	key   TEXT PRIMARY KEY,
	value TEXT NOT NULL
);
CREATE TABLE operator (
	site    TEXT NOT NULL,
	user_id TEXT NOT NULL,
	PRIMARY KEY (site, user_id)
);
CREATE TABLE outbox (
	entry_id   TEXT   PRIMARY KEY REFERENCES entry (id) ON DELETE CASCADE,
	visitor_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	seq        BIGINT NOT NULL,
	state      TEXT   NOT NULL,
	error      TEXT   NOT NULL DEFAULT ''
);
CREATE TABLE page_view (
	visitor_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	at         BIGINT NOT NULL,
	url        TEXT   NOT NULL,
	title      TEXT   NOT NULL,
	PRIMARY KEY (visitor_id, at)
);
CREATE TABLE presence (
	visitor_id TEXT   PRIMARY KEY REFERENCES visitor (id) ON DELETE CASCADE,
	since      BIGINT NOT NULL
);
CREATE TABLE room (
	room_id    TEXT    PRIMARY KEY,
	visitor_id TEXT    NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	current    BOOLEAN NOT NULL,
	created_at BIGINT  NOT NULL
, space_id TEXT NOT NULL DEFAULT '', counted BOOLEAN NOT NULL DEFAULT false);
CREATE TABLE session (
	secret_hash TEXT   NOT NULL,
	site        TEXT   NOT NULL,
	visitor_id  TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	created_at  BIGINT NOT NULL, ended_at BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (site, secret_hash)
);
CREATE TABLE sign_in (
	before_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	after_id  TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	at        BIGINT NOT NULL,
	PRIMARY KEY (before_id, after_id)
);
CREATE TABLE site_room (
	site    TEXT NOT NULL,
	role    TEXT NOT NULL,
	room_id TEXT NOT NULL UNIQUE,
	PRIMARY KEY (site, role)
);
CREATE TABLE tag (
	visitor_id TEXT NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	-- The folded tag, by which two spellings are one.
	folded     TEXT NOT NULL,
	tag        TEXT NOT NULL,
	PRIMARY KEY (visitor_id, folded)
);
INSERT INTO "tag" VALUES('petr','vip','VIP');
CREATE TABLE variable (
	visitor_id TEXT NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	name       TEXT NOT NULL,
	value      TEXT NOT NULL, set_by TEXT NOT NULL DEFAULT 'operator',
	PRIMARY KEY (visitor_id, name)
);
INSERT INTO "variable" VALUES('petr','email','petr.elkin@example.com','operator');
CREATE TABLE version (version INTEGER, compat INTEGER);
INSERT INTO "version" VALUES(12,12);
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
, desk BOOLEAN NOT NULL DEFAULT false, number BIGINT NOT NULL DEFAULT 0, name TEXT NOT NULL DEFAULT '', named_by TEXT NOT NULL DEFAULT '', system TEXT NOT NULL DEFAULT '', place TEXT NOT NULL DEFAULT '', country TEXT NOT NULL DEFAULT '', first_url TEXT NOT NULL DEFAULT '', search TEXT NOT NULL DEFAULT '', country_code TEXT NOT NULL DEFAULT '', visits BIGINT NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '');
INSERT INTO "visitor" VALUES('petr','shop',1773480000000,1773480000000,'ru','Europe/Moscow','Mozilla','','','',0,1,'Пётр Ёлкин','operator','','','','','петр елкин #1 user-7 звонить после обеда vip email petr.elkin@example.com','',0,'');
INSERT INTO "visitor" VALUES('file','shop',1773480000000,1773480000000,'ru','Europe/Moscow','Mozilla','','','',0,2,'Anna #2 Smith','operator','','','','','anna #2 smith #2','',0,'');
INSERT INTO "visitor" VALUES('lurker','shop',1773480000000,1773480000000,'ru','Europe/Moscow','Mozilla','','','',0,0,'','operator','','','','','anna','',0,'');
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
CREATE INDEX delivery_due ON delivery (kind, next_at) WHERE state = 'pending';
CREATE INDEX delivery_target ON delivery (kind, target) WHERE state = 'pending';
CREATE INDEX delivery_ended ON delivery (ended_at) WHERE state <> 'pending';
CREATE INDEX delivery_visitor ON delivery (visitor_id);
CREATE UNIQUE INDEX visitor_number ON visitor (site, number) WHERE number > 0;
CREATE UNIQUE INDEX visitor_desk ON visitor (site) WHERE desk;
CREATE INDEX dialog_waiting ON dialog (waiting_since) WHERE waiting_since > 0;
CREATE INDEX dialog_open ON dialog (opened_at) WHERE status = 'open';
CREATE INDEX address_hash ON address (hash);
CREATE INDEX blocked_address_visitor ON blocked_address (visitor_id);
CREATE INDEX dialog_closed ON dialog (closed_at) WHERE status = 'closed';
CREATE INDEX entry_said ON entry (at) WHERE kind = 'message';
CREATE INDEX erasure_room_visitor ON erasure_room (visitor_id);
CREATE INDEX sign_in_after ON sign_in (after_id);
CREATE INDEX child_room ON child (room_id);
CREATE INDEX room_uncounted ON room (visitor_id) WHERE NOT counted;
CREATE INDEX dialog_move ON dialog (move, closed_at) WHERE move > 0;
CREATE INDEX member_in ON member (user_id) WHERE state = 'in';
CREATE INDEX member_leaving ON member (room_id) WHERE state = 'leaving';
CREATE INDEX bot_state_due ON bot_state (due_at) WHERE due_at > 0;
CREATE INDEX bot_input_visitor ON bot_input (visitor_id, position);
CREATE INDEX bot_request_due ON bot_request (next_at);
CREATE INDEX bot_unmatched_site ON bot_unmatched (site, position);
CREATE INDEX bot_unmatched_visitor ON bot_unmatched (visitor_id);
CREATE INDEX assistant_request_due ON assistant_request (next_at);
CREATE INDEX assistant_usage_visitor ON assistant_usage (visitor_id);
CREATE INDEX assistant_usage_day ON assistant_usage (day);
CREATE INDEX errand_due ON errand (next_at);
CREATE INDEX deal_visitor ON deal (visitor_id, number);
CREATE INDEX deal_stage ON deal (site, status, pipeline, stage);
CREATE INDEX deal_change_deal ON deal_change (site, number, position);
CREATE INDEX api_request_visitor ON api_request (visitor_id);
CREATE INDEX api_request_at ON api_request (at);
COMMIT;
