-- Purpose: usage records, price books, invoices.
-- Locks: none (creates new objects only; the foreign keys take SHARE ROW EXCLUSIVE on client for a moment).
--
-- What an invoice has billed is a region of the usage records and not a mark on them: everything recorded up to a
-- position (usage_record.position) that occurred before the end of the period. The regions of the invoices of one
-- payer lie inside each other, so each record is billed exactly once, a record that comes late falls into the next
-- invoice, and the records behind an invoice can be found again at any time, because a record is never changed.

CREATE SEQUENCE millwright.usage_position AS bigint;
GRANT USAGE, SELECT ON SEQUENCE millwright.usage_position TO millwright_app, millwright_platform;

CREATE TABLE millwright.usage_record (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  meter text NOT NULL,
  -- The batch, run, human task, runner or plant that was counted.
  subject_id uuid NOT NULL,
  sequence bigint NOT NULL,
  quantity bigint NOT NULL,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  -- The order of recording, across all tenants. Gaps mean nothing.
  position bigint NOT NULL DEFAULT nextval('millwright.usage_position'),
  CONSTRAINT usage_record_pkey PRIMARY KEY (partner_id, client_id, plant_id, meter, subject_id, sequence),
  CONSTRAINT usage_meter_is_known CHECK (
    meter IN (
      'events', 'runs', 'tasks', 'connector-calls', 'human-decisions', 'runner-seconds', 'active-plants')),
  CONSTRAINT usage_counts_something CHECK (quantity > 0)
);
-- Rows arrive in the order of both columns, more or less: a few kilobytes instead of a second tree.
CREATE INDEX usage_record_by_time ON millwright.usage_record USING brin (occurred_at, position)
WITH (pages_per_range = 32, autosummarize = on);
CALL millwright.protect('millwright.usage_record', 'plant');
CALL millwright.grant_access('millwright.usage_record', ARRAY['SELECT', 'INSERT']);
CREATE TRIGGER usage_record_is_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON millwright.usage_record
FOR EACH STATEMENT EXECUTE FUNCTION millwright.refuse_change();

-- The highest position below which no record can appear any more.
--
-- Positions are drawn before a commit, so that a lower one can become visible after a higher one. The lock waits for
-- every transaction that has drawn one and lets no other draw until this transaction ends: call it in one of its own.
-- It runs as the owner because only that role may lock the table; it reads no row of it.
CREATE FUNCTION millwright.settle_usage_position() RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
BEGIN
  LOCK TABLE millwright.usage_record IN SHARE MODE;
  RETURN (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM millwright.usage_position);
END
$$;
GRANT EXECUTE ON FUNCTION millwright.settle_usage_position() TO millwright_app, millwright_platform;

-- What one seller charges a buyer. 'platform': the platform sells to the partner. 'partner': the partner sells to one
-- client, or to every client without a book of its own (client_id NULL). A book is never changed.
CREATE TABLE millwright.price_book (
  partner_id uuid NOT NULL,
  client_id uuid,
  plant_id uuid,
  price_book_id uuid NOT NULL,
  seller text NOT NULL,
  name text NOT NULL,
  currency text NOT NULL,
  valid_from date NOT NULL,
  rounding text NOT NULL,
  -- Per period, whatever is used; and the least that a period costs.
  flat_fee numeric NOT NULL DEFAULT 0,
  minimum numeric NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT price_book_pkey PRIMARY KEY (partner_id, price_book_id),
  CONSTRAINT price_book_of_partner FOREIGN KEY (partner_id) REFERENCES millwright.partner (partner_id),
  CONSTRAINT price_book_of_client FOREIGN KEY (partner_id, client_id)
    REFERENCES millwright.client (partner_id, client_id),
  CONSTRAINT price_book_is_one_a_day UNIQUE NULLS NOT DISTINCT (partner_id, seller, client_id, valid_from),
  CONSTRAINT price_book_has_no_plant CHECK (plant_id IS NULL),
  CONSTRAINT price_book_seller_is_known CHECK (seller IN ('platform', 'partner')),
  CONSTRAINT platform_sells_to_partners CHECK (seller <> 'platform' OR client_id IS NULL),
  CONSTRAINT price_book_name_is_short CHECK (length(name) BETWEEN 1 AND 200),
  CONSTRAINT price_book_currency_is_iso CHECK (currency ~ '^[A-Z]{3}$'),
  CONSTRAINT price_book_starts_a_month CHECK (extract(day FROM valid_from) = 1),
  CONSTRAINT price_book_rounding_is_known CHECK (rounding IN ('half-up', 'half-even')),
  CONSTRAINT price_book_fees_are_exact CHECK (
    flat_fee >= 0 AND scale(flat_fee) <= 12 AND minimum >= 0 AND scale(minimum) <= 12)
);
CALL millwright.protect('millwright.price_book', 'any');
CALL millwright.grant_access('millwright.price_book', ARRAY['SELECT', 'INSERT']);

CREATE TABLE millwright.price_book_rate (
  partner_id uuid NOT NULL,
  client_id uuid,
  plant_id uuid,
  price_book_id uuid NOT NULL,
  seller text NOT NULL,
  meter text NOT NULL,
  -- Free of charge in each period, before the first tier.
  included bigint NOT NULL DEFAULT 0,
  flat_fee numeric NOT NULL DEFAULT 0,
  minimum numeric NOT NULL DEFAULT 0,
  CONSTRAINT price_book_rate_pkey PRIMARY KEY (partner_id, price_book_id, meter),
  CONSTRAINT rate_of_book FOREIGN KEY (partner_id, price_book_id)
    REFERENCES millwright.price_book (partner_id, price_book_id),
  CONSTRAINT rate_meter_is_known CHECK (
    meter IN (
      'events', 'runs', 'tasks', 'connector-calls', 'human-decisions', 'runner-seconds', 'active-plants')),
  CONSTRAINT rate_includes_no_less_than_nothing CHECK (included >= 0),
  CONSTRAINT rate_fees_are_exact CHECK (
    flat_fee >= 0 AND scale(flat_fee) <= 12 AND minimum >= 0 AND scale(minimum) <= 12)
);
CALL millwright.protect('millwright.price_book_rate', 'any');
CALL millwright.grant_access('millwright.price_book_rate', ARRAY['SELECT', 'INSERT']);

-- Graduated: each unit costs what its tier says. up_to counts from zero without the included ones; NULL has no end.
CREATE TABLE millwright.price_book_tier (
  partner_id uuid NOT NULL,
  client_id uuid,
  plant_id uuid,
  price_book_id uuid NOT NULL,
  seller text NOT NULL,
  meter text NOT NULL,
  position integer NOT NULL,
  up_to bigint,
  unit_price numeric NOT NULL,
  CONSTRAINT price_book_tier_pkey PRIMARY KEY (partner_id, price_book_id, meter, position),
  CONSTRAINT tier_of_rate FOREIGN KEY (partner_id, price_book_id, meter)
    REFERENCES millwright.price_book_rate (partner_id, price_book_id, meter),
  CONSTRAINT tier_counts_from_one CHECK (position >= 1),
  CONSTRAINT tier_ends_after_it_begins CHECK (up_to > 0),
  CONSTRAINT tier_price_is_exact CHECK (unit_price >= 0 AND scale(unit_price) <= 12)
);
CALL millwright.protect('millwright.price_book_tier', 'any');
CALL millwright.grant_access('millwright.price_book_tier', ARRAY['SELECT', 'INSERT']);

-- The last number that an issuer gave in a year. The platform's row has the nil UUID. Numbers have no gaps because the
-- row is locked until the invoice that took the number is committed.
CREATE TABLE millwright.invoice_counter (
  partner_id uuid NOT NULL,
  year integer NOT NULL,
  last_number bigint NOT NULL,
  CONSTRAINT invoice_counter_pkey PRIMARY KEY (partner_id, year),
  CONSTRAINT invoice_counter_counts_from_one CHECK (last_number >= 1)
);
CALL millwright.protect('millwright.invoice_counter', 'partner');
CALL millwright.grant_access('millwright.invoice_counter', ARRAY['SELECT', 'INSERT', 'UPDATE']);

-- client_id NULL: the platform's invoice to the partner; otherwise the partner's to the client.
CREATE TABLE millwright.invoice (
  partner_id uuid NOT NULL,
  client_id uuid,
  plant_id uuid,
  invoice_id uuid NOT NULL,
  seller text NOT NULL,
  status text NOT NULL,
  number text,
  period_start date NOT NULL,
  period_end date NOT NULL,
  price_book_id uuid NOT NULL,
  currency text NOT NULL,
  rounding text NOT NULL,
  total_minor bigint NOT NULL,
  issuer_name text NOT NULL,
  payer_name text NOT NULL,
  -- The region of the usage records that it bills: recorded up to up_to_position, occurred before period_end, and not
  -- recorded up to after_position having occurred before after_until. What occurred before billing_begins, the day of
  -- the payer's first price book, is never billed.
  billing_begins date NOT NULL,
  up_to_position bigint NOT NULL,
  after_until date NOT NULL,
  after_position bigint NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  computed_at timestamptz NOT NULL DEFAULT now(),
  finalised_at timestamptz,
  CONSTRAINT invoice_pkey PRIMARY KEY (partner_id, invoice_id),
  CONSTRAINT invoice_to_partner FOREIGN KEY (partner_id) REFERENCES millwright.partner (partner_id),
  CONSTRAINT invoice_to_client FOREIGN KEY (partner_id, client_id)
    REFERENCES millwright.client (partner_id, client_id),
  CONSTRAINT invoice_by_book FOREIGN KEY (partner_id, price_book_id)
    REFERENCES millwright.price_book (partner_id, price_book_id),
  CONSTRAINT invoice_is_one_a_period UNIQUE NULLS NOT DISTINCT (partner_id, seller, client_id, period_start),
  CONSTRAINT invoice_has_no_plant CHECK (plant_id IS NULL),
  CONSTRAINT invoice_seller_fits_payer CHECK ((seller = 'partner') = (client_id IS NOT NULL)),
  CONSTRAINT invoice_seller_is_known CHECK (seller IN ('platform', 'partner')),
  CONSTRAINT invoice_status_is_known CHECK (status IN ('draft', 'finalised')),
  CONSTRAINT finalised_has_number CHECK (
    (status = 'finalised') = (number IS NOT NULL) AND (status = 'finalised') = (finalised_at IS NOT NULL)),
  CONSTRAINT invoice_period_is_a_month CHECK (
    extract(day FROM period_start) = 1 AND period_end = (period_start + interval '1 month')::date),
  CONSTRAINT invoice_region_grows CHECK (
    after_until <= period_end AND after_position <= up_to_position AND after_position >= 0),
  CONSTRAINT invoice_rounding_is_known CHECK (rounding IN ('half-up', 'half-even')),
  CONSTRAINT invoice_total_is_not_negative CHECK (total_minor >= 0)
);
-- A number is given once by an issuer: by the platform, or by one partner.
CREATE UNIQUE INDEX invoice_number_is_unique
ON millwright.invoice (seller, (CASE seller WHEN 'partner' THEN partner_id END), number) NULLS NOT DISTINCT
WHERE number IS NOT NULL;
CALL millwright.protect('millwright.invoice', 'any');
CALL millwright.grant_access('millwright.invoice', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']);

CREATE TABLE millwright.invoice_line (
  partner_id uuid NOT NULL,
  client_id uuid,
  plant_id uuid,
  invoice_id uuid NOT NULL,
  seller text NOT NULL,
  position integer NOT NULL,
  kind text NOT NULL,
  meter text,
  -- The units of the meter that the line prices, counted from tier_from (exclusive) to tier_to (inclusive).
  quantity bigint,
  tier_from bigint,
  tier_to bigint,
  unit_price numeric,
  amount_minor bigint NOT NULL,
  CONSTRAINT invoice_line_pkey PRIMARY KEY (partner_id, invoice_id, position),
  CONSTRAINT line_of_invoice FOREIGN KEY (partner_id, invoice_id)
    REFERENCES millwright.invoice (partner_id, invoice_id),
  CONSTRAINT line_counts_from_one CHECK (position >= 1),
  CONSTRAINT line_kind_is_known CHECK (kind IN ('included', 'usage', 'meter-fee', 'meter-minimum', 'fee', 'minimum')),
  CONSTRAINT usage_line_has_quantity CHECK (
    (kind IN ('included', 'usage')) = (quantity IS NOT NULL AND unit_price IS NOT NULL AND tier_from IS NOT NULL
      AND tier_to IS NOT NULL)),
  CONSTRAINT line_covers_its_tier CHECK (quantity = tier_to - tier_from AND quantity > 0),
  CONSTRAINT line_of_a_meter_names_it CHECK ((kind IN ('fee', 'minimum')) = (meter IS NULL)),
  CONSTRAINT line_amount_is_not_negative CHECK (amount_minor >= 0)
);
CALL millwright.protect('millwright.invoice_line', 'any');
CALL millwright.grant_access('millwright.invoice_line', ARRAY['SELECT', 'INSERT', 'DELETE']);

-- What was counted in each plant: the base of the lines. quantity includes late_quantity, which occurred before the
-- period and was recorded too late for the invoice it belongs to.
CREATE TABLE millwright.invoice_usage (
  partner_id uuid NOT NULL,
  client_id uuid,
  plant_id uuid,
  invoice_id uuid NOT NULL,
  seller text NOT NULL,
  used_client_id uuid NOT NULL,
  used_plant_id uuid NOT NULL,
  plant_name text NOT NULL,
  meter text NOT NULL,
  quantity bigint NOT NULL,
  late_quantity bigint NOT NULL,
  records bigint NOT NULL,
  CONSTRAINT invoice_usage_pkey PRIMARY KEY (partner_id, invoice_id, used_client_id, used_plant_id, meter),
  CONSTRAINT usage_of_invoice FOREIGN KEY (partner_id, invoice_id)
    REFERENCES millwright.invoice (partner_id, invoice_id),
  CONSTRAINT invoice_usage_counts_something CHECK (
    quantity > 0 AND records > 0 AND late_quantity BETWEEN 0 AND quantity)
);
CALL millwright.protect('millwright.invoice_usage', 'any');
CALL millwright.grant_access('millwright.invoice_usage', ARRAY['SELECT', 'INSERT', 'DELETE']);

-- Whoever buys does not write the bill: in a tenant's scope only the partner itself writes, and only what it sells.
DO $$
DECLARE
  target text;
BEGIN
  FOREACH target IN ARRAY ARRAY[
    'price_book', 'price_book_rate', 'price_book_tier', 'invoice', 'invoice_line', 'invoice_usage'
  ] LOOP
    EXECUTE format(
      'CREATE POLICY seller_inserts ON millwright.%I AS RESTRICTIVE FOR INSERT TO millwright_app'
      ' WITH CHECK (seller = ''partner'' AND (SELECT millwright.scope_client()) IS NULL)', target);
    EXECUTE format(
      'CREATE POLICY seller_updates ON millwright.%I AS RESTRICTIVE FOR UPDATE TO millwright_app'
      ' USING (seller = ''partner'' AND (SELECT millwright.scope_client()) IS NULL)', target);
    EXECUTE format(
      'CREATE POLICY seller_deletes ON millwright.%I AS RESTRICTIVE FOR DELETE TO millwright_app'
      ' USING (seller = ''partner'' AND (SELECT millwright.scope_client()) IS NULL)', target);
  END LOOP;
END
$$;

-- A finalised invoice is a document: neither it nor what hangs on it changes, for nobody.
CREATE FUNCTION millwright.refuse_finalised_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  touched jsonb := CASE WHEN TG_OP = 'INSERT' THEN to_jsonb(NEW) ELSE to_jsonb(OLD) END;
  is_finalised boolean;
BEGIN
  IF TG_TABLE_NAME = 'invoice' THEN
    is_finalised := touched ->> 'status' = 'finalised';
  ELSE
    SELECT status = 'finalised'
    INTO is_finalised
    FROM millwright.invoice
    WHERE partner_id = (touched ->> 'partner_id')::uuid AND invoice_id = (touched ->> 'invoice_id')::uuid;
  END IF;
  IF is_finalised THEN
    RAISE EXCEPTION 'a finalised invoice is never changed'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'finalised_is_final', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER finalised_is_final BEFORE UPDATE OR DELETE ON millwright.invoice
FOR EACH ROW EXECUTE FUNCTION millwright.refuse_finalised_change();
CREATE TRIGGER finalised_is_final BEFORE INSERT OR UPDATE OR DELETE ON millwright.invoice_line
FOR EACH ROW EXECUTE FUNCTION millwright.refuse_finalised_change();
CREATE TRIGGER finalised_is_final BEFORE INSERT OR UPDATE OR DELETE ON millwright.invoice_usage
FOR EACH ROW EXECUTE FUNCTION millwright.refuse_finalised_change();
CREATE TRIGGER price_book_is_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON millwright.price_book
FOR EACH STATEMENT EXECUTE FUNCTION millwright.refuse_change();
