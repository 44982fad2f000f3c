-- Purpose: what the HTTP API and the portal remember: answers to idempotent requests, and sessions.
-- Both belong to a principal and are looked up before the tenant of a request is known, so they are tables of the
-- platform: only millwright_platform may touch them.
-- Locks: none beyond the new tables.

CREATE TABLE millwright.idempotency_key (
    principal_id uuid NOT NULL,
    key text NOT NULL,
    operation text NOT NULL,
    fingerprint bytea NOT NULL,
    state text NOT NULL,
    locked_until timestamptz NOT NULL,
    status integer,
    headers jsonb,
    body bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (principal_id, key),
    CONSTRAINT key_is_short CHECK (octet_length(key) BETWEEN 1 AND 255),
    CONSTRAINT fingerprint_is_sha256 CHECK (octet_length(fingerprint) = 32),
    CONSTRAINT state_is_known CHECK (state IN ('in-flight', 'answered')),
    CONSTRAINT answered_has_answer CHECK ((state = 'answered') = (status IS NOT NULL AND body IS NOT NULL))
);

CREATE INDEX idempotency_key_by_age ON millwright.idempotency_key (created_at);

CREATE TABLE millwright.portal_session (
    token_digest bytea NOT NULL PRIMARY KEY,
    principal_id uuid NOT NULL,
    form_token text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT digest_is_sha256 CHECK (octet_length(token_digest) = 32),
    CONSTRAINT session_ends CHECK (expires_at > created_at)
);

CREATE INDEX portal_session_by_end ON millwright.portal_session (expires_at);
CREATE INDEX portal_session_by_principal ON millwright.portal_session (principal_id);

ALTER TABLE millwright.idempotency_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE millwright.idempotency_key FORCE ROW LEVEL SECURITY;
CREATE POLICY platform_all ON millwright.idempotency_key TO millwright_platform USING (true) WITH CHECK (true);
ALTER TABLE millwright.portal_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE millwright.portal_session FORCE ROW LEVEL SECURITY;
CREATE POLICY platform_all ON millwright.portal_session TO millwright_platform USING (true) WITH CHECK (true);

CALL millwright.grant_access('millwright.idempotency_key', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    ARRAY['millwright_platform']);
CALL millwright.grant_access('millwright.portal_session', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    ARRAY['millwright_platform']);
