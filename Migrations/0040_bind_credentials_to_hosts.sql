-- Purpose: the hosts that a credential may be sent to. A plant's connection decides where a credential goes; for one that
-- its client or its partner keeps, that is not the plant's to decide.
-- Locks: ACCESS EXCLUSIVE on credential, for a moment (no row is rewritten).
--
-- A credential of a client or a partner without hosts, as all are from before, is sent nowhere until whoever keeps it
-- names them: what a connection says today must not be taken for the keeper's word.

ALTER TABLE millwright.credential
  ADD COLUMN hosts text[] NOT NULL DEFAULT '{}',
  ADD CONSTRAINT credential_hosts_are_few CHECK (cardinality(hosts) <= 50),
  ADD CONSTRAINT credential_hosts_are_short CHECK (length(array_to_string(hosts, ',')) <= 13100);
