-- v1 -> v2: Deliveries, the mails and webhooks that leave the house

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
CREATE INDEX delivery_due ON delivery (kind, next_at) WHERE state = 'pending';
CREATE INDEX delivery_target ON delivery (kind, target) WHERE state = 'pending';
CREATE INDEX delivery_ended ON delivery (ended_at) WHERE state <> 'pending';
CREATE INDEX delivery_visitor ON delivery (visitor_id);
