-- Purpose: a session of the portal ends with the password and the status of whoever opened it, and the audit can name it.
-- Locks: ACCESS EXCLUSIVE on principal for a moment (nothing is rewritten), and on portal_session while its rows, which
-- live for twelve hours, are rewritten.

ALTER TABLE millwright.principal
  -- Moves with the password and the status. A session of an earlier one has ended.
  ADD COLUMN session_generation bigint NOT NULL DEFAULT 1;

ALTER TABLE millwright.portal_session
  -- What the audit calls it: the token and its digest stay out of there.
  ADD COLUMN portal_session_id uuid NOT NULL DEFAULT gen_random_uuid(),
  -- The principal's when the session was opened.
  ADD COLUMN session_generation bigint NOT NULL DEFAULT 1;
