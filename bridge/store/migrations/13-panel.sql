-- v12 -> v13: Who is signed in to the panel. Nothing here is of a visitor.

CREATE TABLE panel_session (
	-- Of the secret, which is with the browser alone.
	hash       TEXT   NOT NULL PRIMARY KEY,
	operator   TEXT   NOT NULL,
	-- The page that it was made for.
	origin     TEXT   NOT NULL,
	created_at BIGINT NOT NULL,
	-- Known to some minutes.
	used_at    BIGINT NOT NULL,
	expires_at BIGINT NOT NULL
);
CREATE INDEX panel_session_operator ON panel_session (operator, created_at);

-- Links that sign in once. An operator has one of each site: a new one replaces it.
CREATE TABLE panel_link (
	site       TEXT   NOT NULL,
	operator   TEXT   NOT NULL,
	hash       TEXT   NOT NULL UNIQUE,
	expires_at BIGINT NOT NULL,
	PRIMARY KEY (site, operator)
);
