-- v4 -> v5: Presence: who is connected, and which pages a visitor has seen

-- Visitors who are here. After a crash it still says who was.
CREATE TABLE presence (
	visitor_id TEXT   PRIMARY KEY REFERENCES visitor (id) ON DELETE CASCADE,
	since      BIGINT NOT NULL
);

-- The newest pages of each visitor; store/view.go says how many.
CREATE TABLE page_view (
	visitor_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	at         BIGINT NOT NULL,
	url        TEXT   NOT NULL,
	title      TEXT   NOT NULL,
	PRIMARY KEY (visitor_id, at)
);
