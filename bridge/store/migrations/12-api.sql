-- v11 -> v12: What programs asked for by the REST API, so that the same request is done once

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
CREATE INDEX api_request_visitor ON api_request (visitor_id);
CREATE INDEX api_request_at ON api_request (at);
