-- v21 -> v22: What was set aside is found without going through all that ever passed

CREATE INDEX inbox_failed ON inbox (position) WHERE state = 'failed';
CREATE INDEX outbox_failed ON outbox (visitor_id, seq) WHERE state = 'failed';
