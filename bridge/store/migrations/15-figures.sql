-- v14 -> v15: Figures: what is counted as it happens, so that statistics need not read what was said

-- Sums of a quarter of an hour, numbered since 1970 in UTC: of these the days and hours of
-- any time zone are made. They stay when a visitor is erased.
CREATE TABLE figure (
	site    TEXT   NOT NULL,
	quarter BIGINT NOT NULL,
	-- Messages of visitors, of operators, and of the bot to visitors who had written.
	asked   BIGINT NOT NULL DEFAULT 0,
	replied BIGINT NOT NULL DEFAULT 0,
	bot     BIGINT NOT NULL DEFAULT 0,
	-- Visitors who did something for the first time; dialogs that were closed.
	met     BIGINT NOT NULL DEFAULT 0,
	closed  BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (site, quarter)
);

CREATE TABLE operator_figure (
	site     TEXT   NOT NULL,
	quarter  BIGINT NOT NULL,
	operator TEXT   NOT NULL,
	messages BIGINT NOT NULL,
	PRIMARY KEY (site, quarter, operator)
);

-- When each party last said something in a dialog; 0 for never.
CREATE TABLE spoke (
	visitor_id TEXT   PRIMARY KEY REFERENCES visitor (id) ON DELETE CASCADE,
	site       TEXT   NOT NULL,
	asked_at   BIGINT NOT NULL DEFAULT 0,
	replied_at BIGINT NOT NULL DEFAULT 0,
	bot_at     BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX spoke_site ON spoke (site, asked_at, replied_at, bot_at);

CREATE TABLE operator_spoke (
	visitor_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	operator   TEXT   NOT NULL,
	site       TEXT   NOT NULL,
	at         BIGINT NOT NULL,
	PRIMARY KEY (visitor_id, operator)
);
CREATE INDEX operator_spoke_site ON operator_spoke (site, operator, at);

-- Each time that a dialog was opened by its visitor, or by the bot for it.
CREATE TABLE opening (
	visitor_id  TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	site        TEXT   NOT NULL,
	opened_at   BIGINT NOT NULL,
	-- Since when the visitor waits: the same, or from before it signed in.
	asked_at    BIGINT NOT NULL,
	-- When an operator first said something after that; 0 if none did before it was closed.
	answered_at BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (visitor_id, opened_at)
);
CREATE INDEX opening_site ON opening (site, asked_at, answered_at);

-- Each rating that was given; the dialog has the latest.
CREATE TABLE rating (
	visitor_id TEXT   NOT NULL REFERENCES visitor (id) ON DELETE CASCADE,
	site       TEXT   NOT NULL,
	at         BIGINT NOT NULL,
	score      BIGINT NOT NULL,
	score_of   BIGINT NOT NULL,
	PRIMARY KEY (visitor_id, at)
);
CREATE INDEX rating_site ON rating (site, at, score, score_of);

-- Of before all is known but when dialogs were closed or opened more than once, and when
-- they were rated: for that stands when something was last said.
INSERT INTO figure (site, quarter, asked, replied, bot, met, closed)
	SELECT site, quarter, SUM(asked), SUM(replied), SUM(bot), SUM(met), SUM(closed) FROM (
		SELECT v.site, e.at / 900000 AS quarter, CASE WHEN e.party = 'visitor' THEN 1 ELSE 0 END AS asked,
				CASE WHEN e.party = 'operator' THEN 1 ELSE 0 END AS replied, CASE WHEN e.party = 'bot' THEN 1 ELSE 0 END AS bot,
				0 AS met, 0 AS closed
			FROM entry e JOIN visitor v ON v.id = e.visitor_id WHERE e.kind = 'message' AND v.number > 0
		UNION ALL SELECT v.site, MIN(e.at) / 900000, 0, 0, 0, 1, 0
			FROM entry e JOIN visitor v ON v.id = e.visitor_id WHERE e.party = 'visitor' AND v.number > 0 GROUP BY v.id, v.site
		UNION ALL SELECT v.site, d.closed_at / 900000, 0, 0, 0, 0, 1
			FROM dialog d JOIN visitor v ON v.id = d.visitor_id WHERE d.closed_at > 0 AND v.number > 0
	) AS counted GROUP BY site, quarter;
INSERT INTO operator_figure (site, quarter, operator, messages)
	SELECT v.site, e.at / 900000, e.author_id, COUNT(*) FROM entry e JOIN visitor v ON v.id = e.visitor_id
		WHERE e.kind = 'message' AND e.party = 'operator' AND v.number > 0 GROUP BY v.site, e.at / 900000, e.author_id;
INSERT INTO spoke (visitor_id, site, asked_at, replied_at, bot_at)
	SELECT v.id, v.site, MAX(CASE WHEN e.party = 'visitor' THEN e.at ELSE 0 END), MAX(CASE WHEN e.party = 'operator' THEN e.at ELSE 0 END),
			MAX(CASE WHEN e.party = 'bot' THEN e.at ELSE 0 END)
		FROM entry e JOIN visitor v ON v.id = e.visitor_id WHERE e.kind = 'message' AND v.number > 0 GROUP BY v.id, v.site;
INSERT INTO operator_spoke (visitor_id, operator, site, at)
	SELECT v.id, e.author_id, v.site, MAX(e.at) FROM entry e JOIN visitor v ON v.id = e.visitor_id
		WHERE e.kind = 'message' AND e.party = 'operator' AND v.number > 0 GROUP BY v.id, e.author_id, v.site;
INSERT INTO opening (visitor_id, site, opened_at, asked_at, answered_at)
	SELECT v.id, v.site, d.opened_at, d.opened_at, COALESCE((SELECT MIN(e.at) FROM entry e
			WHERE e.visitor_id = v.id AND e.kind = 'message' AND e.party = 'operator' AND e.at >= d.opened_at), 0)
		FROM dialog d JOIN visitor v ON v.id = d.visitor_id WHERE d.opened_at > 0 AND v.number > 0;
INSERT INTO rating (visitor_id, site, at, score, score_of)
	SELECT v.id, v.site, d.said_at, d.rating, d.rating_of FROM dialog d JOIN visitor v ON v.id = d.visitor_id WHERE d.rating_of > 0;
