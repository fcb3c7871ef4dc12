"""The SQL that is run, compiled from `queries/` and `schema.py` by `python -m coinassay.storage.compile`.

Not to be changed by hand.
"""

from __future__ import annotations

from coinassay.storage.database import Compiled, Statement

SCHEMA = """
CREATE TABLE budgets (
    egress TEXT NOT NULL,
    exchange TEXT NOT NULL,
    ledger BLOB NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_budgets PRIMARY KEY (egress, exchange)
)
 STRICT;

CREATE TABLE chores (
    name TEXT NOT NULL,
    next_at INTEGER NOT NULL,
    CONSTRAINT pk_chores PRIMARY KEY (name)
)
 STRICT;

CREATE TABLE counters (
    name TEXT NOT NULL,
    value INTEGER NOT NULL,
    CONSTRAINT pk_counters PRIMARY KEY (name),
    CONSTRAINT ck_counters_int32 CHECK (value BETWEEN 0 AND 2147483647)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE currency_rates (
    currency TEXT NOT NULL,
    at INTEGER NOT NULL,
    usd TEXT NOT NULL,
    CONSTRAINT pk_currency_rates PRIMARY KEY (currency, at)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE installation_settings (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_installation_settings PRIMARY KEY (name)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE price_lists (
    source TEXT NOT NULL,
    fetched_at INTEGER,
    claimed_by TEXT NOT NULL,
    claimed_until INTEGER NOT NULL,
    body BLOB NOT NULL,
    CONSTRAINT pk_price_lists PRIMARY KEY (source)
)
 STRICT;

CREATE TABLE throttles (
    who TEXT NOT NULL,
    clears_at INTEGER NOT NULL,
    CONSTRAINT pk_throttles PRIMARY KEY (who)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE users (
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    display_currency TEXT NOT NULL,
    mode TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT uq_users_name UNIQUE (name)
)
 STRICT;

CREATE INDEX ix_users_display_currency ON users (display_currency) WHERE display_currency != '';

CREATE TABLE vault_keys (
    master_id TEXT NOT NULL,
    wrapped BLOB NOT NULL,
    CONSTRAINT pk_vault_keys PRIMARY KEY (master_id)
)
 STRICT;

CREATE TABLE accounts (
    id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    market_code TEXT NOT NULL,
    name TEXT NOT NULL,
    api_key TEXT NOT NULL,
    customer_id TEXT,
    subaccount_name TEXT,
    include_in_summary INTEGER NOT NULL,
    key_state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    loaded_at INTEGER,
    complete INTEGER NOT NULL,
    total_usd TEXT NOT NULL,
    total_btc TEXT NOT NULL,
    net_deposits_usd TEXT NOT NULL,
    net_deposits_btc TEXT NOT NULL,
    btc_rate TEXT,
    version INTEGER NOT NULL,
    CONSTRAINT pk_accounts PRIMARY KEY (id),
    CONSTRAINT fk_accounts_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE
)
 STRICT;

CREATE INDEX ix_accounts_user_id ON accounts (user_id);

CREATE UNIQUE INDEX uq_accounts_connection ON accounts (user_id, market_code, api_key) WHERE api_key != '';

CREATE TABLE api_keys (
    id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    api_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    verifier BLOB NOT NULL,
    permissions TEXT NOT NULL,
    networks TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER,
    CONSTRAINT pk_api_keys PRIMARY KEY (id),
    CONSTRAINT fk_api_keys_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_api_keys_api_key UNIQUE (api_key)
)
 STRICT;

CREATE INDEX ix_api_keys_user_id ON api_keys (user_id);

CREATE TABLE event_counters (
    user_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL,
    dropped_id INTEGER NOT NULL,
    CONSTRAINT pk_event_counters PRIMARY KEY (user_id),
    CONSTRAINT fk_event_counters_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE
)
 STRICT;

CREATE TABLE one_time_codes (
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    user_id INTEGER,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT pk_one_time_codes PRIMARY KEY (code),
    CONSTRAINT fk_one_time_codes_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE
)
 STRICT;

CREATE INDEX ix_one_time_codes_user_id ON one_time_codes (user_id);

CREATE TABLE passkeys (
    id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    credential_id BLOB NOT NULL,
    public_key BLOB NOT NULL,
    sign_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    CONSTRAINT pk_passkeys PRIMARY KEY (id),
    CONSTRAINT fk_passkeys_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_passkeys_credential_id UNIQUE (credential_id)
)
 STRICT;

CREATE INDEX ix_passkeys_user_id ON passkeys (user_id);

CREATE TABLE passwords (
    user_id INTEGER NOT NULL,
    hash TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    CONSTRAINT pk_passwords PRIMARY KEY (user_id),
    CONSTRAINT fk_passwords_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE
)
 STRICT;

CREATE TABLE preferences (
    user_id INTEGER NOT NULL,
    locale TEXT NOT NULL,
    CONSTRAINT pk_preferences PRIMARY KEY (user_id),
    CONSTRAINT fk_preferences_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE
)
 STRICT;

CREATE TABLE user_settings (
    user_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_user_settings PRIMARY KEY (user_id, name),
    CONSTRAINT fk_user_settings_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE web_devices (
    token TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    CONSTRAINT pk_web_devices PRIMARY KEY (token),
    CONSTRAINT fk_web_devices_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE
)
 STRICT;

CREATE INDEX ix_web_devices_user_id ON web_devices (user_id);

CREATE TABLE web_sessions (
    id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    token TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    confirmed_at INTEGER NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    method TEXT NOT NULL,
    CONSTRAINT pk_web_sessions PRIMARY KEY (id),
    CONSTRAINT fk_web_sessions_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_web_sessions_token UNIQUE (token)
)
 STRICT;

CREATE INDEX ix_web_sessions_user_id ON web_sessions (user_id);

CREATE TABLE allocations (
    account_id INTEGER NOT NULL,
    loaded_at INTEGER NOT NULL,
    btc_day_ago TEXT,
    body BLOB NOT NULL,
    CONSTRAINT pk_allocations PRIMARY KEY (account_id),
    CONSTRAINT fk_allocations_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 STRICT;

CREATE TABLE credentials (
    account_id INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    CONSTRAINT pk_credentials PRIMARY KEY (account_id),
    CONSTRAINT fk_credentials_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 STRICT;

CREATE TABLE demo_accounts (
    account_id INTEGER NOT NULL,
    CONSTRAINT pk_demo_accounts PRIMARY KEY (account_id),
    CONSTRAINT fk_demo_accounts_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 STRICT;

CREATE TABLE events (
    user_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    account_id INTEGER,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT pk_events PRIMARY KEY (user_id, id),
    CONSTRAINT fk_events_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_events_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX ix_events_account_id ON events (account_id);

CREATE TABLE flow_readings (
    account_id INTEGER NOT NULL,
    since INTEGER NOT NULL,
    read_at INTEGER,
    asked_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    failure TEXT NOT NULL,
    reason TEXT NOT NULL,
    waiting TEXT NOT NULL,
    CONSTRAINT pk_flow_readings PRIMARY KEY (account_id),
    CONSTRAINT fk_flow_readings_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE flows (
    id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    usd TEXT NOT NULL,
    btc TEXT NOT NULL,
    asset TEXT NOT NULL,
    amount TEXT,
    reference TEXT NOT NULL,
    source TEXT DEFAULT 'load' NOT NULL,
    link TEXT DEFAULT '' NOT NULL,
    counterpart INTEGER,
    note TEXT DEFAULT '' NOT NULL,
    moved_at INTEGER,
    txid TEXT DEFAULT '' NOT NULL,
    fee TEXT,
    priced INTEGER DEFAULT 1 NOT NULL,
    price TEXT,
    CONSTRAINT pk_flows PRIMARY KEY (id),
    CONSTRAINT fk_flows_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 STRICT;

CREATE INDEX ix_flows_account_id_at ON flows (account_id, at);

CREATE INDEX ix_flows_counterpart ON flows (counterpart) WHERE counterpart IS NOT NULL;

CREATE INDEX ix_flows_link ON flows (link) WHERE link != '';

CREATE INDEX ix_flows_linked ON flows (account_id) WHERE link != '';

CREATE UNIQUE INDEX uq_flows_reference ON flows (account_id, reference) WHERE reference != '';

CREATE TABLE holdings (
    account_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    asset TEXT NOT NULL,
    wallet TEXT NOT NULL,
    total TEXT NOT NULL,
    free TEXT NOT NULL,
    locked TEXT NOT NULL,
    borrowed TEXT NOT NULL,
    unrealised TEXT NOT NULL,
    exchange_code TEXT NOT NULL,
    multiplier TEXT NOT NULL,
    price TEXT,
    route TEXT,
    usd TEXT,
    refusal TEXT NOT NULL,
    day_ago TEXT,
    CONSTRAINT pk_holdings PRIMARY KEY (account_id, position),
    CONSTRAINT fk_holdings_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE key_reports (
    account_id INTEGER NOT NULL,
    examined_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT pk_key_reports PRIMARY KEY (account_id),
    CONSTRAINT fk_key_reports_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 STRICT;

CREATE TABLE leases (
    account_id INTEGER NOT NULL,
    holder TEXT NOT NULL,
    taken_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT pk_leases PRIMARY KEY (account_id),
    CONSTRAINT fk_leases_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 STRICT;

CREATE TABLE loads (
    id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER NOT NULL,
    failure TEXT NOT NULL,
    reason TEXT NOT NULL,
    wallets TEXT NOT NULL,
    CONSTRAINT pk_loads PRIMARY KEY (id),
    CONSTRAINT fk_loads_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 STRICT;

CREATE INDEX ix_loads_account_id_finished_at ON loads (account_id, finished_at);

CREATE TABLE paper_balances (
    account_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    asset TEXT NOT NULL,
    amount TEXT NOT NULL,
    CONSTRAINT pk_paper_balances PRIMARY KEY (account_id, position),
    CONSTRAINT fk_paper_balances_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE paper_trades (
    id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    sold TEXT NOT NULL,
    amount TEXT NOT NULL,
    bought TEXT NOT NULL,
    gross TEXT NOT NULL,
    fee TEXT NOT NULL,
    usd TEXT NOT NULL,
    btc TEXT NOT NULL,
    CONSTRAINT pk_paper_trades PRIMARY KEY (id),
    CONSTRAINT fk_paper_trades_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 STRICT;

CREATE INDEX ix_paper_trades_account_id_at ON paper_trades (account_id, at);

CREATE TABLE pasts (
    account_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    CONSTRAINT pk_pasts PRIMARY KEY (account_id),
    CONSTRAINT fk_pasts_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE positions (
    account_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    wallet TEXT NOT NULL,
    side TEXT NOT NULL,
    size TEXT NOT NULL,
    entry_price TEXT,
    mark_price TEXT,
    unrealised TEXT NOT NULL,
    leverage TEXT,
    CONSTRAINT pk_positions PRIMARY KEY (account_id, position),
    CONSTRAINT fk_positions_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE refreshes (
    account_id INTEGER NOT NULL,
    next_at INTEGER,
    every_seconds INTEGER,
    failures INTEGER NOT NULL,
    failure TEXT NOT NULL,
    reason TEXT NOT NULL,
    refreshed_at INTEGER,
    CONSTRAINT pk_refreshes PRIMARY KEY (account_id),
    CONSTRAINT fk_refreshes_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 STRICT;

CREATE INDEX ix_refreshes_next_at ON refreshes (next_at);

CREATE TABLE snapshots (
    account_id INTEGER NOT NULL,
    taken_at INTEGER NOT NULL,
    total_usd TEXT NOT NULL,
    total_btc TEXT NOT NULL,
    net_deposits_usd TEXT NOT NULL,
    net_deposits_btc TEXT NOT NULL,
    complete INTEGER NOT NULL,
    origin TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_snapshots PRIMARY KEY (account_id, taken_at),
    CONSTRAINT fk_snapshots_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE thinned (
    account_id INTEGER NOT NULL,
    hourly_to INTEGER,
    daily_to INTEGER,
    CONSTRAINT pk_thinned PRIMARY KEY (account_id),
    CONSTRAINT fk_thinned_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE trade_readings (
    account_id INTEGER NOT NULL,
    read_at INTEGER,
    cursors TEXT NOT NULL,
    complete INTEGER NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_trade_readings PRIMARY KEY (account_id),
    CONSTRAINT fk_trade_readings_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 STRICT;

CREATE TABLE transfers (
    account_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    asset TEXT NOT NULL,
    amount TEXT NOT NULL,
    counterpart INTEGER NOT NULL,
    CONSTRAINT pk_transfers PRIMARY KEY (account_id, id),
    CONSTRAINT fk_transfers_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE volumes (
    account_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    usd TEXT NOT NULL,
    btc TEXT NOT NULL,
    trades INTEGER NOT NULL,
    approximate INTEGER NOT NULL,
    CONSTRAINT pk_volumes PRIMARY KEY (account_id, day),
    CONSTRAINT fk_volumes_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE wallets (
    account_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    wallet TEXT NOT NULL,
    state TEXT NOT NULL,
    read_at INTEGER,
    failure TEXT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT pk_wallets PRIMARY KEY (account_id, position),
    CONSTRAINT fk_wallets_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE compositions (
    account_id INTEGER NOT NULL,
    taken_at INTEGER NOT NULL,
    body BLOB NOT NULL,
    CONSTRAINT pk_compositions PRIMARY KEY (account_id, taken_at),
    CONSTRAINT fk_compositions_account_id_taken_at FOREIGN KEY(account_id, taken_at)
        REFERENCES snapshots (account_id, taken_at) ON DELETE CASCADE
)
 STRICT;
"""

POSTGRES_SCHEMA = """
CREATE TABLE budgets (
    egress TEXT NOT NULL,
    exchange TEXT NOT NULL,
    ledger BYTEA NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT pk_budgets PRIMARY KEY (egress, exchange)
);

CREATE TABLE chores (
    name TEXT NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_chores PRIMARY KEY (name)
);

CREATE TABLE counters (
    name TEXT NOT NULL,
    value INTEGER NOT NULL,
    CONSTRAINT pk_counters PRIMARY KEY (name),
    CONSTRAINT ck_counters_int32 CHECK (value BETWEEN 0 AND 2147483647)
);

CREATE TABLE currency_rates (
    currency TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    usd NUMERIC NOT NULL,
    CONSTRAINT pk_currency_rates PRIMARY KEY (currency, at)
);

CREATE TABLE installation_settings (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_installation_settings PRIMARY KEY (name)
);

CREATE TABLE price_lists (
    source TEXT NOT NULL,
    fetched_at TIMESTAMP WITH TIME ZONE,
    claimed_by TEXT NOT NULL,
    claimed_until TIMESTAMP WITH TIME ZONE NOT NULL,
    body BYTEA NOT NULL,
    CONSTRAINT pk_price_lists PRIMARY KEY (source)
);

CREATE TABLE throttles (
    who TEXT NOT NULL,
    clears_at BIGINT NOT NULL,
    CONSTRAINT pk_throttles PRIMARY KEY (who)
);

CREATE TABLE users (
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    display_currency TEXT NOT NULL,
    mode TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT uq_users_name UNIQUE (name)
);

CREATE INDEX ix_users_display_currency ON users (display_currency) WHERE display_currency != '';

CREATE TABLE vault_keys (
    master_id TEXT NOT NULL,
    wrapped BYTEA NOT NULL,
    CONSTRAINT pk_vault_keys PRIMARY KEY (master_id)
);

CREATE TABLE accounts (
    id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    market_code TEXT NOT NULL,
    name TEXT NOT NULL,
    api_key TEXT NOT NULL,
    customer_id TEXT,
    subaccount_name TEXT,
    include_in_summary BOOLEAN NOT NULL,
    key_state TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    loaded_at TIMESTAMP WITH TIME ZONE,
    complete BOOLEAN NOT NULL,
    total_usd NUMERIC NOT NULL,
    total_btc NUMERIC NOT NULL,
    net_deposits_usd NUMERIC NOT NULL,
    net_deposits_btc NUMERIC NOT NULL,
    btc_rate NUMERIC,
    version BIGINT NOT NULL,
    CONSTRAINT pk_accounts PRIMARY KEY (id),
    CONSTRAINT fk_accounts_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_accounts_user_id ON accounts (user_id);

CREATE UNIQUE INDEX uq_accounts_connection ON accounts (user_id, market_code, api_key) WHERE api_key != '';

CREATE TABLE api_keys (
    id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    api_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    verifier BYTEA NOT NULL,
    permissions TEXT NOT NULL,
    networks TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_api_keys PRIMARY KEY (id),
    CONSTRAINT fk_api_keys_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_api_keys_api_key UNIQUE (api_key)
);

CREATE INDEX ix_api_keys_user_id ON api_keys (user_id);

CREATE TABLE event_counters (
    user_id INTEGER NOT NULL,
    last_id BIGINT NOT NULL,
    dropped_id BIGINT NOT NULL,
    CONSTRAINT pk_event_counters PRIMARY KEY (user_id),
    CONSTRAINT fk_event_counters_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE one_time_codes (
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    user_id INTEGER,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_one_time_codes PRIMARY KEY (code),
    CONSTRAINT fk_one_time_codes_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_one_time_codes_user_id ON one_time_codes (user_id);

CREATE TABLE passkeys (
    id BIGSERIAL NOT NULL,
    user_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    credential_id BYTEA NOT NULL,
    public_key BYTEA NOT NULL,
    sign_count BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_passkeys PRIMARY KEY (id),
    CONSTRAINT fk_passkeys_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_passkeys_credential_id UNIQUE (credential_id)
);

CREATE INDEX ix_passkeys_user_id ON passkeys (user_id);

CREATE TABLE passwords (
    user_id INTEGER NOT NULL,
    hash TEXT NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_passwords PRIMARY KEY (user_id),
    CONSTRAINT fk_passwords_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE preferences (
    user_id INTEGER NOT NULL,
    locale TEXT NOT NULL,
    CONSTRAINT pk_preferences PRIMARY KEY (user_id),
    CONSTRAINT fk_preferences_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE user_settings (
    user_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_user_settings PRIMARY KEY (user_id, name),
    CONSTRAINT fk_user_settings_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE web_devices (
    token TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_web_devices PRIMARY KEY (token),
    CONSTRAINT fk_web_devices_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_web_devices_user_id ON web_devices (user_id);

CREATE TABLE web_sessions (
    id BIGSERIAL NOT NULL,
    user_id INTEGER NOT NULL,
    token TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    confirmed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    method TEXT NOT NULL,
    CONSTRAINT pk_web_sessions PRIMARY KEY (id),
    CONSTRAINT fk_web_sessions_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_web_sessions_token UNIQUE (token)
);

CREATE INDEX ix_web_sessions_user_id ON web_sessions (user_id);

CREATE TABLE allocations (
    account_id INTEGER NOT NULL,
    loaded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    btc_day_ago NUMERIC,
    body BYTEA NOT NULL,
    CONSTRAINT pk_allocations PRIMARY KEY (account_id),
    CONSTRAINT fk_allocations_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE TABLE credentials (
    account_id INTEGER NOT NULL,
    sealed BYTEA NOT NULL,
    CONSTRAINT pk_credentials PRIMARY KEY (account_id),
    CONSTRAINT fk_credentials_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE TABLE demo_accounts (
    account_id INTEGER NOT NULL,
    CONSTRAINT pk_demo_accounts PRIMARY KEY (account_id),
    CONSTRAINT fk_demo_accounts_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE TABLE events (
    user_id INTEGER NOT NULL,
    id BIGINT NOT NULL,
    account_id INTEGER,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT pk_events PRIMARY KEY (user_id, id),
    CONSTRAINT fk_events_user_id FOREIGN KEY(user_id)
        REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_events_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE INDEX ix_events_account_id ON events (account_id);

CREATE TABLE flow_readings (
    account_id INTEGER NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL,
    failure TEXT NOT NULL,
    reason TEXT NOT NULL,
    waiting TEXT NOT NULL,
    CONSTRAINT pk_flow_readings PRIMARY KEY (account_id),
    CONSTRAINT fk_flow_readings_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE TABLE flows (
    id BIGSERIAL NOT NULL,
    account_id INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    kind TEXT NOT NULL,
    usd NUMERIC NOT NULL,
    btc NUMERIC NOT NULL,
    asset TEXT NOT NULL,
    amount NUMERIC,
    reference TEXT NOT NULL,
    source TEXT DEFAULT 'load' NOT NULL,
    link TEXT DEFAULT '' NOT NULL,
    counterpart INTEGER,
    note TEXT DEFAULT '' NOT NULL,
    moved_at TIMESTAMP WITH TIME ZONE,
    txid TEXT DEFAULT '' NOT NULL,
    fee NUMERIC,
    priced BOOLEAN DEFAULT true NOT NULL,
    price TEXT,
    CONSTRAINT pk_flows PRIMARY KEY (id),
    CONSTRAINT fk_flows_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE INDEX ix_flows_account_id_at ON flows (account_id, at);

CREATE INDEX ix_flows_counterpart ON flows (counterpart) WHERE counterpart IS NOT NULL;

CREATE INDEX ix_flows_link ON flows (link) WHERE link != '';

CREATE INDEX ix_flows_linked ON flows (account_id) WHERE link != '';

CREATE UNIQUE INDEX uq_flows_reference ON flows (account_id, reference) WHERE reference != '';

CREATE TABLE holdings (
    account_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    asset TEXT NOT NULL,
    wallet TEXT NOT NULL,
    total NUMERIC NOT NULL,
    free NUMERIC NOT NULL,
    locked NUMERIC NOT NULL,
    borrowed NUMERIC NOT NULL,
    unrealised NUMERIC NOT NULL,
    exchange_code TEXT NOT NULL,
    multiplier NUMERIC NOT NULL,
    price NUMERIC,
    route TEXT,
    usd NUMERIC,
    refusal TEXT NOT NULL,
    day_ago NUMERIC,
    CONSTRAINT pk_holdings PRIMARY KEY (account_id, position),
    CONSTRAINT fk_holdings_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE TABLE key_reports (
    account_id INTEGER NOT NULL,
    examined_at TIMESTAMP WITH TIME ZONE NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT pk_key_reports PRIMARY KEY (account_id),
    CONSTRAINT fk_key_reports_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE TABLE leases (
    account_id INTEGER NOT NULL,
    holder TEXT NOT NULL,
    taken_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_leases PRIMARY KEY (account_id),
    CONSTRAINT fk_leases_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE TABLE loads (
    id BIGSERIAL NOT NULL,
    account_id INTEGER NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE NOT NULL,
    failure TEXT NOT NULL,
    reason TEXT NOT NULL,
    wallets TEXT NOT NULL,
    CONSTRAINT pk_loads PRIMARY KEY (id),
    CONSTRAINT fk_loads_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE INDEX ix_loads_account_id_finished_at ON loads (account_id, finished_at);

CREATE TABLE paper_balances (
    account_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    asset TEXT NOT NULL,
    amount NUMERIC NOT NULL,
    CONSTRAINT pk_paper_balances PRIMARY KEY (account_id, position),
    CONSTRAINT fk_paper_balances_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE TABLE paper_trades (
    id BIGSERIAL NOT NULL,
    account_id INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    kind TEXT NOT NULL,
    sold TEXT NOT NULL,
    amount NUMERIC NOT NULL,
    bought TEXT NOT NULL,
    gross NUMERIC NOT NULL,
    fee NUMERIC NOT NULL,
    usd NUMERIC NOT NULL,
    btc NUMERIC NOT NULL,
    CONSTRAINT pk_paper_trades PRIMARY KEY (id),
    CONSTRAINT fk_paper_trades_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE INDEX ix_paper_trades_account_id_at ON paper_trades (account_id, at);

CREATE TABLE pasts (
    account_id INTEGER NOT NULL,
    number BIGINT NOT NULL,
    CONSTRAINT pk_pasts PRIMARY KEY (account_id),
    CONSTRAINT fk_pasts_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE TABLE positions (
    account_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    wallet TEXT NOT NULL,
    side TEXT NOT NULL,
    size NUMERIC NOT NULL,
    entry_price NUMERIC,
    mark_price NUMERIC,
    unrealised NUMERIC NOT NULL,
    leverage NUMERIC,
    CONSTRAINT pk_positions PRIMARY KEY (account_id, position),
    CONSTRAINT fk_positions_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE TABLE refreshes (
    account_id INTEGER NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE,
    every_seconds INTEGER,
    failures INTEGER NOT NULL,
    failure TEXT NOT NULL,
    reason TEXT NOT NULL,
    refreshed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_refreshes PRIMARY KEY (account_id),
    CONSTRAINT fk_refreshes_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE INDEX ix_refreshes_next_at ON refreshes (next_at);

CREATE TABLE snapshots (
    account_id INTEGER NOT NULL,
    taken_at TIMESTAMP WITH TIME ZONE NOT NULL,
    total_usd NUMERIC NOT NULL,
    total_btc NUMERIC NOT NULL,
    net_deposits_usd NUMERIC NOT NULL,
    net_deposits_btc NUMERIC NOT NULL,
    complete BOOLEAN NOT NULL,
    origin TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_snapshots PRIMARY KEY (account_id, taken_at),
    CONSTRAINT fk_snapshots_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE TABLE thinned (
    account_id INTEGER NOT NULL,
    hourly_to TIMESTAMP WITH TIME ZONE,
    daily_to TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_thinned PRIMARY KEY (account_id),
    CONSTRAINT fk_thinned_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE TABLE trade_readings (
    account_id INTEGER NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE,
    cursors TEXT NOT NULL,
    complete BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT pk_trade_readings PRIMARY KEY (account_id),
    CONSTRAINT fk_trade_readings_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE TABLE transfers (
    account_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    asset TEXT NOT NULL,
    amount NUMERIC NOT NULL,
    counterpart INTEGER NOT NULL,
    CONSTRAINT pk_transfers PRIMARY KEY (account_id, id),
    CONSTRAINT fk_transfers_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE TABLE volumes (
    account_id INTEGER NOT NULL,
    day TIMESTAMP WITH TIME ZONE NOT NULL,
    usd NUMERIC NOT NULL,
    btc NUMERIC NOT NULL,
    trades INTEGER NOT NULL,
    approximate BOOLEAN NOT NULL,
    CONSTRAINT pk_volumes PRIMARY KEY (account_id, day),
    CONSTRAINT fk_volumes_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE TABLE wallets (
    account_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    wallet TEXT NOT NULL,
    state TEXT NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE,
    failure TEXT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT pk_wallets PRIMARY KEY (account_id, position),
    CONSTRAINT fk_wallets_account_id FOREIGN KEY(account_id)
        REFERENCES accounts (id) ON DELETE CASCADE
);

CREATE TABLE compositions (
    account_id INTEGER NOT NULL,
    taken_at TIMESTAMP WITH TIME ZONE NOT NULL,
    body BYTEA NOT NULL,
    CONSTRAINT pk_compositions PRIMARY KEY (account_id, taken_at),
    CONSTRAINT fk_compositions_account_id_taken_at FOREIGN KEY(account_id, taken_at)
        REFERENCES snapshots (account_id, taken_at) ON DELETE CASCADE
);
"""

TAKE_ID = Statement(
    "TAKE_ID",
    Compiled(
        "INSERT INTO counters (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = "
        "(counters.value + 1) RETURNING value",
        binds="name",
    ),
    Compiled(
        "INSERT INTO counters (name, value) VALUES ($1::VARCHAR, 1) ON CONFLICT (name) DO UPDATE SET value = "
        "(counters.value + 1) RETURNING counters.value",
        binds="name",
    ),
    columns="value",
)

ADD_USER = Statement(
    "ADD_USER",
    Compiled(
        "INSERT INTO users (id, name, display_currency, mode, created_at) VALUES (?, ?, ?, ?, ?)",
        binds="id name display_currency mode created_at:moment",
    ),
    Compiled(
        "INSERT INTO users (id, name, display_currency, mode, created_at) VALUES ($1::INTEGER, $2::VARCHAR, "
        "$3::VARCHAR, $4::VARCHAR, $5::TIMESTAMP WITH TIME ZONE)",
        binds="id name display_currency mode created_at:moment",
    ),
)

GET_USER = Statement(
    "GET_USER",
    Compiled(
        "SELECT users.id, users.name, users.display_currency, users.mode, users.created_at FROM users WHERE "
        "users.id = ?",
        binds="id",
    ),
    Compiled(
        "SELECT users.id, users.name, users.display_currency, users.mode, users.created_at FROM users WHERE "
        "users.id = $1::INTEGER",
        binds="id",
    ),
    columns="id name display_currency mode created_at:moment",
)

FIND_USER = Statement(
    "FIND_USER",
    Compiled(
        "SELECT users.id, users.name, users.display_currency, users.mode, users.created_at FROM users WHERE "
        "users.name = ?",
        binds="name",
    ),
    Compiled(
        "SELECT users.id, users.name, users.display_currency, users.mode, users.created_at FROM users WHERE "
        "users.name = $1::VARCHAR",
        binds="name",
    ),
    columns="id name display_currency mode created_at:moment",
)

LIST_USERS = Statement(
    "LIST_USERS",
    Compiled(
        "SELECT users.id, users.name, users.display_currency, users.mode, users.created_at FROM users ORDER "
        "BY users.id",
    ),
    Compiled(
        "SELECT users.id, users.name, users.display_currency, users.mode, users.created_at FROM users ORDER "
        "BY users.id",
    ),
    columns="id name display_currency mode created_at:moment",
)

SET_MODE = Statement(
    "SET_MODE",
    Compiled(
        "UPDATE users SET mode=? WHERE users.id = ?",
        binds="mode id",
    ),
    Compiled(
        "UPDATE users SET mode=$1::VARCHAR WHERE users.id = $2::INTEGER",
        binds="mode id",
    ),
)

SET_LOCALE = Statement(
    "SET_LOCALE",
    Compiled(
        "INSERT INTO preferences (user_id, locale) VALUES (?, ?) ON CONFLICT (user_id) DO UPDATE SET locale = "
        "excluded.locale",
        binds="user_id locale",
    ),
    Compiled(
        "INSERT INTO preferences (user_id, locale) VALUES ($1::INTEGER, $2::VARCHAR) ON CONFLICT (user_id) DO "
        "UPDATE SET locale = excluded.locale",
        binds="user_id locale",
    ),
)

FIND_LOCALE = Statement(
    "FIND_LOCALE",
    Compiled(
        "SELECT preferences.locale FROM preferences WHERE preferences.user_id = ?",
        binds="user_id",
    ),
    Compiled(
        "SELECT preferences.locale FROM preferences WHERE preferences.user_id = $1::INTEGER",
        binds="user_id",
    ),
    columns="locale",
)

ADD_KEY = Statement(
    "ADD_KEY",
    Compiled(
        "INSERT INTO api_keys (id, user_id, name, api_key, kind, verifier, permissions, networks, created_at, "
        "last_used_at, revoked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        binds=(
            "id user_id name api_key kind verifier permissions networks created_at:moment last_used_at:moment "
            "revoked_at:moment"
        ),
    ),
    Compiled(
        "INSERT INTO api_keys (id, user_id, name, api_key, kind, verifier, permissions, networks, created_at, "
        "last_used_at, revoked_at) VALUES ($1::INTEGER, $2::INTEGER, $3::VARCHAR, $4::VARCHAR, $5::VARCHAR, "
        "$6::BYTEA, $7::VARCHAR, $8::VARCHAR, $9::TIMESTAMP WITH TIME ZONE, $10::TIMESTAMP WITH TIME ZONE, "
        "$11::TIMESTAMP WITH TIME ZONE)",
        binds=(
            "id user_id name api_key kind verifier permissions networks created_at:moment last_used_at:moment "
            "revoked_at:moment"
        ),
    ),
)

FIND_KEY = Statement(
    "FIND_KEY",
    Compiled(
        "SELECT api_keys.id, api_keys.user_id, api_keys.name, api_keys.api_key, api_keys.kind, "
        "api_keys.verifier, api_keys.permissions, api_keys.networks, api_keys.created_at, "
        "api_keys.last_used_at, api_keys.revoked_at, users.display_currency FROM api_keys JOIN users ON "
        "users.id = api_keys.user_id WHERE api_keys.api_key = ?",
        binds="api_key",
    ),
    Compiled(
        "SELECT api_keys.id, api_keys.user_id, api_keys.name, api_keys.api_key, api_keys.kind, "
        "api_keys.verifier, api_keys.permissions, api_keys.networks, api_keys.created_at, "
        "api_keys.last_used_at, api_keys.revoked_at, users.display_currency FROM api_keys JOIN users ON "
        "users.id = api_keys.user_id WHERE api_keys.api_key = $1::VARCHAR",
        binds="api_key",
    ),
    columns=(
        "id user_id name api_key kind verifier permissions networks created_at:moment last_used_at:moment "
        "revoked_at:moment display_currency"
    ),
)

LIST_KEYS = Statement(
    "LIST_KEYS",
    Compiled(
        "SELECT api_keys.id, api_keys.user_id, api_keys.name, api_keys.api_key, api_keys.kind, "
        "api_keys.verifier, api_keys.permissions, api_keys.networks, api_keys.created_at, "
        "api_keys.last_used_at, api_keys.revoked_at, users.display_currency FROM api_keys JOIN users ON "
        "users.id = api_keys.user_id WHERE api_keys.user_id = ? ORDER BY api_keys.id",
        binds="user_id",
    ),
    Compiled(
        "SELECT api_keys.id, api_keys.user_id, api_keys.name, api_keys.api_key, api_keys.kind, "
        "api_keys.verifier, api_keys.permissions, api_keys.networks, api_keys.created_at, "
        "api_keys.last_used_at, api_keys.revoked_at, users.display_currency FROM api_keys JOIN users ON "
        "users.id = api_keys.user_id WHERE api_keys.user_id = $1::INTEGER ORDER BY api_keys.id",
        binds="user_id",
    ),
    columns=(
        "id user_id name api_key kind verifier permissions networks created_at:moment last_used_at:moment "
        "revoked_at:moment display_currency"
    ),
)

REVOKE_KEY = Statement(
    "REVOKE_KEY",
    Compiled(
        "UPDATE api_keys SET revoked_at=coalesce(api_keys.revoked_at, ?) WHERE api_keys.id = ? AND "
        "api_keys.user_id = ?",
        binds="revoked_at:moment id user_id",
    ),
    Compiled(
        "UPDATE api_keys SET revoked_at=coalesce(api_keys.revoked_at, $1::TIMESTAMP WITH TIME ZONE) WHERE "
        "api_keys.id = $2::INTEGER AND api_keys.user_id = $3::INTEGER",
        binds="revoked_at:moment id user_id",
    ),
)

RECORD_USED = Statement(
    "RECORD_USED",
    Compiled(
        "UPDATE api_keys SET last_used_at=? WHERE api_keys.id = ? AND (api_keys.last_used_at IS NULL OR "
        "api_keys.last_used_at < ?)",
        binds="last_used_at:moment id before:moment",
    ),
    Compiled(
        "UPDATE api_keys SET last_used_at=$1::TIMESTAMP WITH TIME ZONE WHERE api_keys.id = $2::INTEGER AND "
        "(api_keys.last_used_at IS NULL OR api_keys.last_used_at < $3::TIMESTAMP WITH TIME ZONE)",
        binds="last_used_at:moment id before:moment",
    ),
)

ADD_ACCOUNT = Statement(
    "ADD_ACCOUNT",
    Compiled(
        "INSERT INTO accounts (id, user_id, market_code, name, api_key, customer_id, subaccount_name, "
        "include_in_summary, key_state, created_at, updated_at, loaded_at, complete, total_usd, total_btc, "
        "net_deposits_usd, net_deposits_btc, btc_rate, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?)",
        binds=(
            "id user_id market_code name api_key customer_id subaccount_name include_in_summary:flag key_state "
            "created_at:moment updated_at:moment loaded_at:moment complete:flag total_usd:exact total_btc:exact "
            "net_deposits_usd:exact net_deposits_btc:exact btc_rate:exact version"
        ),
    ),
    Compiled(
        "INSERT INTO accounts (id, user_id, market_code, name, api_key, customer_id, subaccount_name, "
        "include_in_summary, key_state, created_at, updated_at, loaded_at, complete, total_usd, total_btc, "
        "net_deposits_usd, net_deposits_btc, btc_rate, version) VALUES ($1::INTEGER, $2::INTEGER, "
        "$3::VARCHAR, $4::VARCHAR, $5::VARCHAR, $6::VARCHAR, $7::VARCHAR, $8::BOOLEAN, $9::VARCHAR, "
        "$10::TIMESTAMP WITH TIME ZONE, $11::TIMESTAMP WITH TIME ZONE, $12::TIMESTAMP WITH TIME ZONE, "
        "$13::BOOLEAN, $14::NUMERIC, $15::NUMERIC, $16::NUMERIC, $17::NUMERIC, $18::NUMERIC, $19::BIGINT)",
        binds=(
            "id user_id market_code name api_key customer_id subaccount_name include_in_summary:flag key_state "
            "created_at:moment updated_at:moment loaded_at:moment complete:flag total_usd:exact total_btc:exact "
            "net_deposits_usd:exact net_deposits_btc:exact btc_rate:exact version"
        ),
    ),
)

GET_ACCOUNT = Statement(
    "GET_ACCOUNT",
    Compiled(
        "SELECT accounts.id, accounts.user_id, accounts.market_code, accounts.name, accounts.api_key, "
        "accounts.customer_id, accounts.subaccount_name, accounts.include_in_summary, accounts.key_state, "
        "accounts.created_at, accounts.updated_at, accounts.loaded_at, accounts.complete, accounts.total_usd, "
        "accounts.total_btc, accounts.net_deposits_usd, accounts.net_deposits_btc, accounts.btc_rate, "
        "accounts.version FROM accounts WHERE accounts.id = ? AND accounts.user_id = ?",
        binds="id user_id",
    ),
    Compiled(
        "SELECT accounts.id, accounts.user_id, accounts.market_code, accounts.name, accounts.api_key, "
        "accounts.customer_id, accounts.subaccount_name, accounts.include_in_summary, accounts.key_state, "
        "accounts.created_at, accounts.updated_at, accounts.loaded_at, accounts.complete, accounts.total_usd, "
        "accounts.total_btc, accounts.net_deposits_usd, accounts.net_deposits_btc, accounts.btc_rate, "
        "accounts.version FROM accounts WHERE accounts.id = $1::INTEGER AND accounts.user_id = $2::INTEGER",
        binds="id user_id",
    ),
    columns=(
        "id user_id market_code name api_key customer_id subaccount_name include_in_summary:flag key_state "
        "created_at:moment updated_at:moment loaded_at:moment complete:flag total_usd:exact total_btc:exact "
        "net_deposits_usd:exact net_deposits_btc:exact btc_rate:exact version"
    ),
)

GET_ANY_ACCOUNT = Statement(
    "GET_ANY_ACCOUNT",
    Compiled(
        "SELECT accounts.id, accounts.user_id, accounts.market_code, accounts.name, accounts.api_key, "
        "accounts.customer_id, accounts.subaccount_name, accounts.include_in_summary, accounts.key_state, "
        "accounts.created_at, accounts.updated_at, accounts.loaded_at, accounts.complete, accounts.total_usd, "
        "accounts.total_btc, accounts.net_deposits_usd, accounts.net_deposits_btc, accounts.btc_rate, "
        "accounts.version FROM accounts WHERE accounts.id = ?",
        binds="id",
    ),
    Compiled(
        "SELECT accounts.id, accounts.user_id, accounts.market_code, accounts.name, accounts.api_key, "
        "accounts.customer_id, accounts.subaccount_name, accounts.include_in_summary, accounts.key_state, "
        "accounts.created_at, accounts.updated_at, accounts.loaded_at, accounts.complete, accounts.total_usd, "
        "accounts.total_btc, accounts.net_deposits_usd, accounts.net_deposits_btc, accounts.btc_rate, "
        "accounts.version FROM accounts WHERE accounts.id = $1::INTEGER",
        binds="id",
    ),
    columns=(
        "id user_id market_code name api_key customer_id subaccount_name include_in_summary:flag key_state "
        "created_at:moment updated_at:moment loaded_at:moment complete:flag total_usd:exact total_btc:exact "
        "net_deposits_usd:exact net_deposits_btc:exact btc_rate:exact version"
    ),
)

LIST_ACCOUNTS = Statement(
    "LIST_ACCOUNTS",
    Compiled(
        "SELECT accounts.id, accounts.user_id, accounts.market_code, accounts.name, accounts.api_key, "
        "accounts.customer_id, accounts.subaccount_name, accounts.include_in_summary, accounts.key_state, "
        "accounts.created_at, accounts.updated_at, accounts.loaded_at, accounts.complete, accounts.total_usd, "
        "accounts.total_btc, accounts.net_deposits_usd, accounts.net_deposits_btc, accounts.btc_rate, "
        "accounts.version FROM accounts WHERE accounts.user_id = ? AND CASE WHEN (accounts.market_code = "
        "'paper_trading') THEN ? ELSE ? END ORDER BY accounts.id LIMIT ? OFFSET ?",
        binds="user_id paper:flag real:flag limit offset",
    ),
    Compiled(
        "SELECT accounts.id, accounts.user_id, accounts.market_code, accounts.name, accounts.api_key, "
        "accounts.customer_id, accounts.subaccount_name, accounts.include_in_summary, accounts.key_state, "
        "accounts.created_at, accounts.updated_at, accounts.loaded_at, accounts.complete, accounts.total_usd, "
        "accounts.total_btc, accounts.net_deposits_usd, accounts.net_deposits_btc, accounts.btc_rate, "
        "accounts.version FROM accounts WHERE accounts.user_id = $1::INTEGER AND CASE WHEN "
        "(accounts.market_code = 'paper_trading') THEN $2::BOOLEAN ELSE $3::BOOLEAN END ORDER BY accounts.id "
        "LIMIT $4::BIGINT OFFSET $5::BIGINT",
        binds="user_id paper:flag real:flag limit offset",
    ),
    columns=(
        "id user_id market_code name api_key customer_id subaccount_name include_in_summary:flag key_state "
        "created_at:moment updated_at:moment loaded_at:moment complete:flag total_usd:exact total_btc:exact "
        "net_deposits_usd:exact net_deposits_btc:exact btc_rate:exact version"
    ),
)

LIST_ACCOUNTS_BY_KEY = Statement(
    "LIST_ACCOUNTS_BY_KEY",
    Compiled(
        "SELECT accounts.id, accounts.user_id, accounts.market_code, accounts.name, accounts.api_key, "
        "accounts.customer_id, accounts.subaccount_name, accounts.include_in_summary, accounts.key_state, "
        "accounts.created_at, accounts.updated_at, accounts.loaded_at, accounts.complete, accounts.total_usd, "
        "accounts.total_btc, accounts.net_deposits_usd, accounts.net_deposits_btc, accounts.btc_rate, "
        "accounts.version FROM accounts WHERE accounts.user_id = ? AND CASE WHEN (accounts.market_code = "
        "'paper_trading') THEN ? ELSE ? END AND accounts.api_key = ? ORDER BY accounts.id LIMIT ? OFFSET ?",
        binds="user_id paper:flag real:flag api_key limit offset",
    ),
    Compiled(
        "SELECT accounts.id, accounts.user_id, accounts.market_code, accounts.name, accounts.api_key, "
        "accounts.customer_id, accounts.subaccount_name, accounts.include_in_summary, accounts.key_state, "
        "accounts.created_at, accounts.updated_at, accounts.loaded_at, accounts.complete, accounts.total_usd, "
        "accounts.total_btc, accounts.net_deposits_usd, accounts.net_deposits_btc, accounts.btc_rate, "
        "accounts.version FROM accounts WHERE accounts.user_id = $1::INTEGER AND CASE WHEN "
        "(accounts.market_code = 'paper_trading') THEN $2::BOOLEAN ELSE $3::BOOLEAN END AND accounts.api_key "
        "= $4::VARCHAR ORDER BY accounts.id LIMIT $5::BIGINT OFFSET $6::BIGINT",
        binds="user_id paper:flag real:flag api_key limit offset",
    ),
    columns=(
        "id user_id market_code name api_key customer_id subaccount_name include_in_summary:flag key_state "
        "created_at:moment updated_at:moment loaded_at:moment complete:flag total_usd:exact total_btc:exact "
        "net_deposits_usd:exact net_deposits_btc:exact btc_rate:exact version"
    ),
)

LIST_INCLUDED = Statement(
    "LIST_INCLUDED",
    Compiled(
        "SELECT accounts.id, accounts.user_id, accounts.market_code, accounts.name, accounts.api_key, "
        "accounts.customer_id, accounts.subaccount_name, accounts.include_in_summary, accounts.key_state, "
        "accounts.created_at, accounts.updated_at, accounts.loaded_at, accounts.complete, accounts.total_usd, "
        "accounts.total_btc, accounts.net_deposits_usd, accounts.net_deposits_btc, accounts.btc_rate, "
        "accounts.version FROM accounts WHERE accounts.user_id = ? AND accounts.include_in_summary AND CASE "
        "WHEN (accounts.market_code = 'paper_trading') THEN ? ELSE ? END ORDER BY accounts.id",
        binds="user_id paper:flag real:flag",
    ),
    Compiled(
        "SELECT accounts.id, accounts.user_id, accounts.market_code, accounts.name, accounts.api_key, "
        "accounts.customer_id, accounts.subaccount_name, accounts.include_in_summary, accounts.key_state, "
        "accounts.created_at, accounts.updated_at, accounts.loaded_at, accounts.complete, accounts.total_usd, "
        "accounts.total_btc, accounts.net_deposits_usd, accounts.net_deposits_btc, accounts.btc_rate, "
        "accounts.version FROM accounts WHERE accounts.user_id = $1::INTEGER AND accounts.include_in_summary "
        "AND CASE WHEN (accounts.market_code = 'paper_trading') THEN $2::BOOLEAN ELSE $3::BOOLEAN END ORDER "
        "BY accounts.id",
        binds="user_id paper:flag real:flag",
    ),
    columns=(
        "id user_id market_code name api_key customer_id subaccount_name include_in_summary:flag key_state "
        "created_at:moment updated_at:moment loaded_at:moment complete:flag total_usd:exact total_btc:exact "
        "net_deposits_usd:exact net_deposits_btc:exact btc_rate:exact version"
    ),
)

LIST_STATES = Statement(
    "LIST_STATES",
    Compiled(
        "SELECT accounts.id, accounts.version FROM accounts WHERE accounts.user_id = ? AND "
        "accounts.include_in_summary AND CASE WHEN (accounts.market_code = 'paper_trading') THEN ? ELSE ? END "
        "ORDER BY accounts.id",
        binds="user_id paper:flag real:flag",
    ),
    Compiled(
        "SELECT accounts.id, accounts.version FROM accounts WHERE accounts.user_id = $1::INTEGER AND "
        "accounts.include_in_summary AND CASE WHEN (accounts.market_code = 'paper_trading') THEN $2::BOOLEAN "
        "ELSE $3::BOOLEAN END ORDER BY accounts.id",
        binds="user_id paper:flag real:flag",
    ),
    columns="id version",
)

CHANGE_ACCOUNT = Statement(
    "CHANGE_ACCOUNT",
    Compiled(
        "UPDATE accounts SET name=?, api_key=?, customer_id=?, subaccount_name=?, include_in_summary=?, "
        "key_state=?, updated_at=?, version=(accounts.version + 1) WHERE accounts.id = ? AND accounts.version "
        "= ? RETURNING id, user_id, market_code, name, api_key, customer_id, subaccount_name, "
        "include_in_summary, key_state, created_at, updated_at, loaded_at, complete, total_usd, total_btc, "
        "net_deposits_usd, net_deposits_btc, btc_rate, version",
        binds=(
            "name api_key customer_id subaccount_name include_in_summary:flag key_state updated_at:moment id "
            "base_version"
        ),
    ),
    Compiled(
        "UPDATE accounts SET name=$1::VARCHAR, api_key=$2::VARCHAR, customer_id=$3::VARCHAR, "
        "subaccount_name=$4::VARCHAR, include_in_summary=$5::BOOLEAN, key_state=$6::VARCHAR, "
        "updated_at=$7::TIMESTAMP WITH TIME ZONE, version=(accounts.version + 1) WHERE accounts.id = "
        "$8::INTEGER AND accounts.version = $9::BIGINT RETURNING accounts.id, accounts.user_id, "
        "accounts.market_code, accounts.name, accounts.api_key, accounts.customer_id, "
        "accounts.subaccount_name, accounts.include_in_summary, accounts.key_state, accounts.created_at, "
        "accounts.updated_at, accounts.loaded_at, accounts.complete, accounts.total_usd, accounts.total_btc, "
        "accounts.net_deposits_usd, accounts.net_deposits_btc, accounts.btc_rate, accounts.version",
        binds=(
            "name api_key customer_id subaccount_name include_in_summary:flag key_state updated_at:moment id "
            "base_version"
        ),
    ),
    columns=(
        "id user_id market_code name api_key customer_id subaccount_name include_in_summary:flag key_state "
        "created_at:moment updated_at:moment loaded_at:moment complete:flag total_usd:exact total_btc:exact "
        "net_deposits_usd:exact net_deposits_btc:exact btc_rate:exact version"
    ),
)

REMOVE_ACCOUNT = Statement(
    "REMOVE_ACCOUNT",
    Compiled(
        "DELETE FROM accounts WHERE accounts.id = ? AND accounts.user_id = ?",
        binds="id user_id",
    ),
    Compiled(
        "DELETE FROM accounts WHERE accounts.id = $1::INTEGER AND accounts.user_id = $2::INTEGER",
        binds="id user_id",
    ),
)

ADD_CREDENTIALS = Statement(
    "ADD_CREDENTIALS",
    Compiled(
        "INSERT INTO credentials (account_id, sealed) VALUES (?, ?)",
        binds="account_id sealed",
    ),
    Compiled(
        "INSERT INTO credentials (account_id, sealed) VALUES ($1::INTEGER, $2::BYTEA)",
        binds="account_id sealed",
    ),
)

SET_CREDENTIALS = Statement(
    "SET_CREDENTIALS",
    Compiled(
        "UPDATE credentials SET sealed=? WHERE credentials.account_id = ?",
        binds="sealed account_id",
    ),
    Compiled(
        "UPDATE credentials SET sealed=$1::BYTEA WHERE credentials.account_id = $2::INTEGER",
        binds="sealed account_id",
    ),
)

GET_CREDENTIALS = Statement(
    "GET_CREDENTIALS",
    Compiled(
        "SELECT credentials.sealed FROM credentials WHERE credentials.account_id = ?",
        binds="account_id",
    ),
    Compiled(
        "SELECT credentials.sealed FROM credentials WHERE credentials.account_id = $1::INTEGER",
        binds="account_id",
    ),
    columns="sealed",
)

ADD_PAPER_BALANCE = Statement(
    "ADD_PAPER_BALANCE",
    Compiled(
        "INSERT INTO paper_balances (account_id, position, asset, amount) VALUES (?, ?, ?, ?)",
        binds="account_id position asset amount:exact",
    ),
    Compiled(
        "INSERT INTO paper_balances (account_id, position, asset, amount) VALUES ($1::INTEGER, $2::INTEGER, "
        "$3::VARCHAR, $4::NUMERIC)",
        binds="account_id position asset amount:exact",
    ),
)

LIST_PAPER_BALANCES = Statement(
    "LIST_PAPER_BALANCES",
    Compiled(
        "SELECT paper_balances.asset, paper_balances.amount FROM paper_balances WHERE "
        "paper_balances.account_id = ? ORDER BY paper_balances.position",
        binds="account_id",
    ),
    Compiled(
        "SELECT paper_balances.asset, paper_balances.amount FROM paper_balances WHERE "
        "paper_balances.account_id = $1::INTEGER ORDER BY paper_balances.position",
        binds="account_id",
    ),
    columns="asset amount:exact",
)

LIST_STANDINGS = Statement(
    "LIST_STANDINGS",
    Compiled(
        "SELECT accounts.id, accounts.version, (SELECT another.id FROM loads AS another WHERE "
        "another.account_id = accounts.id ORDER BY another.finished_at DESC, another.id DESC LIMIT 1 OFFSET "
        "0) AS last_load FROM accounts WHERE accounts.user_id = ? AND CASE WHEN (accounts.market_code = "
        "'paper_trading') THEN ? ELSE ? END ORDER BY accounts.id",
        binds="user_id paper:flag real:flag",
    ),
    Compiled(
        "SELECT accounts.id, accounts.version, (SELECT another.id FROM loads AS another WHERE "
        "another.account_id = accounts.id ORDER BY another.finished_at DESC, another.id DESC LIMIT 1 OFFSET "
        "0) AS last_load FROM accounts WHERE accounts.user_id = $1::INTEGER AND CASE WHEN "
        "(accounts.market_code = 'paper_trading') THEN $2::BOOLEAN ELSE $3::BOOLEAN END ORDER BY accounts.id",
        binds="user_id paper:flag real:flag",
    ),
    columns="id version last_load",
)

LIST_STAKES = Statement(
    "LIST_STAKES",
    Compiled(
        "SELECT holdings.account_id, holdings.asset, holdings.total, holdings.borrowed, holdings.unrealised, "
        "holdings.price, holdings.day_ago, holdings.usd FROM holdings WHERE holdings.account_id IN (SELECT "
        "CAST(item.value AS BIGINT) AS value FROM json_each(?) AS item) ORDER BY holdings.account_id, "
        "holdings.position",
        binds="account_ids:ids",
    ),
    Compiled(
        "SELECT holdings.account_id, holdings.asset, holdings.total, holdings.borrowed, holdings.unrealised, "
        "holdings.price, holdings.day_ago, holdings.usd FROM holdings WHERE holdings.account_id IN (SELECT "
        "CAST(item.value AS BIGINT) AS value FROM (SELECT unnest($1::BIGINT[]) AS value) AS item) ORDER BY "
        "holdings.account_id, holdings.position",
        binds="account_ids:ids",
    ),
    columns="account_id asset total:exact borrowed:exact unrealised:exact price:exact day_ago:exact usd:exact",
)

LIST_UNREAD = Statement(
    "LIST_UNREAD",
    Compiled(
        "SELECT wallets.account_id, wallets.wallet, wallets.state, wallets.read_at, wallets.failure, "
        "wallets.reason FROM wallets WHERE wallets.account_id IN (SELECT CAST(item.value AS BIGINT) AS value "
        "FROM json_each(?) AS item) AND wallets.state != 'ok' ORDER BY wallets.account_id, wallets.position",
        binds="account_ids:ids",
    ),
    Compiled(
        "SELECT wallets.account_id, wallets.wallet, wallets.state, wallets.read_at, wallets.failure, "
        "wallets.reason FROM wallets WHERE wallets.account_id IN (SELECT CAST(item.value AS BIGINT) AS value "
        "FROM (SELECT unnest($1::BIGINT[]) AS value) AS item) AND wallets.state != 'ok' ORDER BY "
        "wallets.account_id, wallets.position",
        binds="account_ids:ids",
    ),
    columns="account_id wallet state read_at:moment failure reason",
)

LIST_LOADS = Statement(
    "LIST_LOADS",
    Compiled(
        "SELECT loads.id, loads.started_at, loads.finished_at, loads.failure, loads.reason, loads.wallets "
        "FROM loads WHERE loads.account_id = ? AND loads.finished_at < ? ORDER BY loads.finished_at DESC, "
        "loads.id DESC LIMIT ? OFFSET 0",
        binds="account_id before:moment limit",
    ),
    Compiled(
        "SELECT loads.id, loads.started_at, loads.finished_at, loads.failure, loads.reason, loads.wallets "
        "FROM loads WHERE loads.account_id = $1::INTEGER AND loads.finished_at < $2::TIMESTAMP WITH TIME ZONE "
        "ORDER BY loads.finished_at DESC, loads.id DESC LIMIT $3::BIGINT OFFSET 0",
        binds="account_id before:moment limit",
    ),
    columns="id started_at:moment finished_at:moment failure reason wallets",
)

LIST_LAST_FAILED = Statement(
    "LIST_LAST_FAILED",
    Compiled(
        "SELECT loads.account_id, loads.finished_at, loads.failure, loads.reason FROM accounts JOIN loads ON "
        "loads.id = (SELECT another.id FROM loads AS another WHERE another.account_id = accounts.id ORDER BY "
        "another.finished_at DESC, another.id DESC LIMIT 1 OFFSET 0) WHERE accounts.id IN (SELECT "
        "CAST(item.value AS BIGINT) AS value FROM json_each(?) AS item) AND loads.failure != '' ORDER BY "
        "loads.account_id",
        binds="account_ids:ids",
    ),
    Compiled(
        "SELECT loads.account_id, loads.finished_at, loads.failure, loads.reason FROM accounts JOIN loads ON "
        "loads.id = (SELECT another.id FROM loads AS another WHERE another.account_id = accounts.id ORDER BY "
        "another.finished_at DESC, another.id DESC LIMIT 1 OFFSET 0) WHERE accounts.id IN (SELECT "
        "CAST(item.value AS BIGINT) AS value FROM (SELECT unnest($1::BIGINT[]) AS value) AS item) AND "
        "loads.failure != '' ORDER BY loads.account_id",
        binds="account_ids:ids",
    ),
    columns="account_id finished_at:moment failure reason",
)

ADD_BUDGET = Statement(
    "ADD_BUDGET",
    Compiled(
        "INSERT INTO budgets (egress, exchange, ledger, version) VALUES (?, ?, ?, ?) ON CONFLICT (egress, "
        "exchange) DO NOTHING",
        binds="egress exchange ledger version",
    ),
    Compiled(
        "INSERT INTO budgets (egress, exchange, ledger, version) VALUES ($1::VARCHAR, $2::VARCHAR, $3::BYTEA, "
        "$4::BIGINT) ON CONFLICT (egress, exchange) DO NOTHING",
        binds="egress exchange ledger version",
    ),
)

FIND_BUDGET = Statement(
    "FIND_BUDGET",
    Compiled(
        "SELECT budgets.ledger, budgets.version, CAST((julianday('now') - 2440587.5) * 86400000000 AS "
        "INTEGER) AS now FROM budgets WHERE budgets.egress = ? AND budgets.exchange = ?",
        binds="egress exchange",
    ),
    Compiled(
        "SELECT budgets.ledger, budgets.version, clock_timestamp() AS now FROM budgets WHERE budgets.egress = "
        "$1::VARCHAR AND budgets.exchange = $2::VARCHAR",
        binds="egress exchange",
    ),
    columns="ledger version now:moment",
)

SET_BUDGET = Statement(
    "SET_BUDGET",
    Compiled(
        "UPDATE budgets SET ledger=?, version=(budgets.version + 1) WHERE budgets.egress = ? AND "
        "budgets.exchange = ? AND budgets.version = ? RETURNING version",
        binds="ledger egress exchange version",
    ),
    Compiled(
        "UPDATE budgets SET ledger=$1::BYTEA, version=(budgets.version + 1) WHERE budgets.egress = "
        "$2::VARCHAR AND budgets.exchange = $3::VARCHAR AND budgets.version = $4::BIGINT RETURNING "
        "budgets.version",
        binds="ledger egress exchange version",
    ),
    columns="version",
)

LIST_BUDGETS = Statement(
    "LIST_BUDGETS",
    Compiled(
        "SELECT budgets.egress, budgets.exchange, budgets.ledger, budgets.version, CAST((julianday('now') - "
        "2440587.5) * 86400000000 AS INTEGER) AS now FROM budgets ORDER BY budgets.egress, budgets.exchange",
    ),
    Compiled(
        "SELECT budgets.egress, budgets.exchange, budgets.ledger, budgets.version, clock_timestamp() AS now "
        "FROM budgets ORDER BY budgets.egress, budgets.exchange",
    ),
    columns="egress exchange ledger version now:moment",
)

ADD_PRICE_LIST = Statement(
    "ADD_PRICE_LIST",
    Compiled(
        "INSERT INTO price_lists (source, fetched_at, claimed_by, claimed_until, body) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (source) DO NOTHING",
        binds="source fetched_at:moment claimed_by claimed_until:moment body",
    ),
    Compiled(
        "INSERT INTO price_lists (source, fetched_at, claimed_by, claimed_until, body) VALUES ($1::VARCHAR, "
        "$2::TIMESTAMP WITH TIME ZONE, $3::VARCHAR, $4::TIMESTAMP WITH TIME ZONE, $5::BYTEA) ON CONFLICT "
        "(source) DO NOTHING",
        binds="source fetched_at:moment claimed_by claimed_until:moment body",
    ),
)

PEEK_PRICE_LIST = Statement(
    "PEEK_PRICE_LIST",
    Compiled(
        "SELECT price_lists.fetched_at, CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER) AS now "
        "FROM price_lists WHERE price_lists.source = ?",
        binds="source",
    ),
    Compiled(
        "SELECT price_lists.fetched_at, clock_timestamp() AS now FROM price_lists WHERE price_lists.source = "
        "$1::VARCHAR",
        binds="source",
    ),
    columns="fetched_at:moment now:moment",
)

FIND_PRICE_LIST = Statement(
    "FIND_PRICE_LIST",
    Compiled(
        "SELECT price_lists.fetched_at, price_lists.body, CAST((julianday('now') - 2440587.5) * 86400000000 "
        "AS INTEGER) AS now FROM price_lists WHERE price_lists.source = ?",
        binds="source",
    ),
    Compiled(
        "SELECT price_lists.fetched_at, price_lists.body, clock_timestamp() AS now FROM price_lists WHERE "
        "price_lists.source = $1::VARCHAR",
        binds="source",
    ),
    columns="fetched_at:moment body now:moment",
)

CLAIM_PRICE_LIST = Statement(
    "CLAIM_PRICE_LIST",
    Compiled(
        "UPDATE price_lists SET claimed_by=?, claimed_until=? WHERE price_lists.source = ? AND "
        "price_lists.claimed_until <= CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER) RETURNING "
        "source",
        binds="claimed_by claimed_until:moment source",
    ),
    Compiled(
        "UPDATE price_lists SET claimed_by=$1::VARCHAR, claimed_until=$2::TIMESTAMP WITH TIME ZONE WHERE "
        "price_lists.source = $3::VARCHAR AND price_lists.claimed_until <= clock_timestamp() RETURNING "
        "price_lists.source",
        binds="claimed_by claimed_until:moment source",
    ),
    columns="source",
)

SET_PRICE_LIST = Statement(
    "SET_PRICE_LIST",
    Compiled(
        "UPDATE price_lists SET fetched_at=?, claimed_by='', claimed_until=?, body=? WHERE price_lists.source "
        "= ? AND price_lists.claimed_by = ?",
        binds="fetched_at:moment claimed_until:moment body source claimed_by",
    ),
    Compiled(
        "UPDATE price_lists SET fetched_at=$1::TIMESTAMP WITH TIME ZONE, claimed_by='', "
        "claimed_until=$2::TIMESTAMP WITH TIME ZONE, body=$3::BYTEA WHERE price_lists.source = $4::VARCHAR "
        "AND price_lists.claimed_by = $5::VARCHAR",
        binds="fetched_at:moment claimed_until:moment body source claimed_by",
    ),
)

FREE_PRICE_LIST = Statement(
    "FREE_PRICE_LIST",
    Compiled(
        "UPDATE price_lists SET claimed_by='', claimed_until=? WHERE price_lists.source = ? AND "
        "price_lists.claimed_by = ?",
        binds="claimed_until:moment source claimed_by",
    ),
    Compiled(
        "UPDATE price_lists SET claimed_by='', claimed_until=$1::TIMESTAMP WITH TIME ZONE WHERE "
        "price_lists.source = $2::VARCHAR AND price_lists.claimed_by = $3::VARCHAR",
        binds="claimed_until:moment source claimed_by",
    ),
)

DROP_PRICE_LISTS = Statement(
    "DROP_PRICE_LISTS",
    Compiled(
        "DELETE FROM price_lists WHERE price_lists.fetched_at < ? AND price_lists.claimed_until <= "
        "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
        binds="before:moment",
    ),
    Compiled(
        "DELETE FROM price_lists WHERE price_lists.fetched_at < $1::TIMESTAMP WITH TIME ZONE AND "
        "price_lists.claimed_until <= clock_timestamp()",
        binds="before:moment",
    ),
)

SET_DISPLAY_CURRENCY = Statement(
    "SET_DISPLAY_CURRENCY",
    Compiled(
        "UPDATE users SET display_currency=? WHERE users.id = ?",
        binds="display_currency id",
    ),
    Compiled(
        "UPDATE users SET display_currency=$1::VARCHAR WHERE users.id = $2::INTEGER",
        binds="display_currency id",
    ),
)

LIST_DISPLAY_CURRENCIES = Statement(
    "LIST_DISPLAY_CURRENCIES",
    Compiled(
        "SELECT users.display_currency FROM users WHERE users.display_currency != '' GROUP BY "
        "users.display_currency ORDER BY users.display_currency",
    ),
    Compiled(
        "SELECT users.display_currency FROM users WHERE users.display_currency != '' GROUP BY "
        "users.display_currency ORDER BY users.display_currency",
    ),
    columns="display_currency",
)

LIST_MARKET_CODES = Statement(
    "LIST_MARKET_CODES",
    Compiled(
        "SELECT accounts.market_code FROM accounts WHERE accounts.user_id = ? GROUP BY accounts.market_code "
        "ORDER BY accounts.market_code",
        binds="user_id",
    ),
    Compiled(
        "SELECT accounts.market_code FROM accounts WHERE accounts.user_id = $1::INTEGER GROUP BY "
        "accounts.market_code ORDER BY accounts.market_code",
        binds="user_id",
    ),
    columns="market_code",
)

ADD_CURRENCY_RATE = Statement(
    "ADD_CURRENCY_RATE",
    Compiled(
        "INSERT INTO currency_rates (currency, at, usd) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        binds="currency at:moment usd:exact",
    ),
    Compiled(
        "INSERT INTO currency_rates (currency, at, usd) VALUES ($1::VARCHAR, $2::TIMESTAMP WITH TIME ZONE, "
        "$3::NUMERIC) ON CONFLICT DO NOTHING",
        binds="currency at:moment usd:exact",
    ),
)

DROP_CURRENCY_RATE = Statement(
    "DROP_CURRENCY_RATE",
    Compiled(
        "DELETE FROM currency_rates WHERE currency_rates.currency = ? AND currency_rates.at = ?",
        binds="currency at:moment",
    ),
    Compiled(
        "DELETE FROM currency_rates WHERE currency_rates.currency = $1::VARCHAR AND currency_rates.at = "
        "$2::TIMESTAMP WITH TIME ZONE",
        binds="currency at:moment",
    ),
)

LIST_CURRENCY_RATES = Statement(
    "LIST_CURRENCY_RATES",
    Compiled(
        "SELECT currency_rates.at, currency_rates.usd FROM currency_rates WHERE currency_rates.currency = ? "
        "AND currency_rates.at >= coalesce((SELECT max(earlier.at) AS max_1 FROM currency_rates AS earlier "
        "WHERE earlier.currency = ? AND earlier.at <= ?), ?) AND currency_rates.at <= ? ORDER BY "
        "currency_rates.at",
        binds="currency currency first:moment first:moment last:moment",
    ),
    Compiled(
        "SELECT currency_rates.at, currency_rates.usd FROM currency_rates WHERE currency_rates.currency = "
        "$1::VARCHAR AND currency_rates.at >= coalesce((SELECT max(earlier.at) AS max_1 FROM currency_rates "
        "AS earlier WHERE earlier.currency = $1::VARCHAR AND earlier.at <= $2::TIMESTAMP WITH TIME ZONE), "
        "$2::TIMESTAMP WITH TIME ZONE) AND currency_rates.at <= $3::TIMESTAMP WITH TIME ZONE ORDER BY "
        "currency_rates.at",
        binds="currency first:moment last:moment",
    ),
    columns="at:moment usd:exact",
)

COUNT_EVENTS = Statement(
    "COUNT_EVENTS",
    Compiled(
        "INSERT INTO event_counters (user_id, last_id, dropped_id) SELECT users.id, ? AS anon_1, 0 FROM users "
        "WHERE users.id = ? ON CONFLICT (user_id) DO UPDATE SET last_id = (event_counters.last_id + "
        "excluded.last_id)",
        binds="count user_id",
    ),
    Compiled(
        "INSERT INTO event_counters (user_id, last_id, dropped_id) SELECT users.id, $1::BIGINT AS anon_1, 0 "
        "FROM users WHERE users.id = $2::INTEGER ON CONFLICT (user_id) DO UPDATE SET last_id = "
        "(event_counters.last_id + excluded.last_id)",
        binds="count user_id",
    ),
)

ADD_EVENT = Statement(
    "ADD_EVENT",
    Compiled(
        "INSERT INTO events (user_id, id, account_id, at, kind, body) SELECT event_counters.user_id, "
        "event_counters.last_id - ? AS anon_1, ? AS anon_2, ? AS anon_3, CAST(? AS TEXT) AS anon_4, CAST(? AS "
        "TEXT) AS anon_5 FROM event_counters WHERE event_counters.user_id = ? AND (? IS NULL OR (EXISTS "
        "(SELECT * FROM accounts WHERE accounts.id = ? AND accounts.user_id = ?)))",
        binds="back account_id at:moment kind body user_id account_id account_id user_id",
    ),
    Compiled(
        "INSERT INTO events (user_id, id, account_id, at, kind, body) SELECT event_counters.user_id, "
        "event_counters.last_id - $1::BIGINT AS anon_1, $2::INTEGER AS anon_2, $3::TIMESTAMP WITH TIME ZONE "
        "AS anon_3, CAST($4::VARCHAR AS TEXT) AS anon_4, CAST($5::VARCHAR AS TEXT) AS anon_5 FROM "
        "event_counters WHERE event_counters.user_id = $6::INTEGER AND ($2::INTEGER IS NULL OR (EXISTS "
        "(SELECT * FROM accounts WHERE accounts.id = $2::INTEGER AND accounts.user_id = $6::INTEGER)))",
        binds="back account_id at:moment kind body user_id",
    ),
)

FIND_EVENT_NUMBERS = Statement(
    "FIND_EVENT_NUMBERS",
    Compiled(
        "SELECT event_counters.last_id, event_counters.dropped_id FROM event_counters WHERE event_counters.user_id = ?",
        binds="user_id",
    ),
    Compiled(
        "SELECT event_counters.last_id, event_counters.dropped_id FROM event_counters WHERE "
        "event_counters.user_id = $1::INTEGER",
        binds="user_id",
    ),
    columns="last_id dropped_id",
)

LIST_EVENTS = Statement(
    "LIST_EVENTS",
    Compiled(
        "SELECT events.id, events.account_id, events.kind, events.at, events.body FROM events WHERE "
        "events.user_id = ? AND events.id > ? ORDER BY events.id LIMIT ? OFFSET 0",
        binds="user_id after limit",
    ),
    Compiled(
        "SELECT events.id, events.account_id, events.kind, events.at, events.body FROM events WHERE "
        "events.user_id = $1::INTEGER AND events.id > $2::BIGINT ORDER BY events.id LIMIT $3::BIGINT OFFSET 0",
        binds="user_id after limit",
    ),
    columns="id account_id kind at:moment body",
)

FIND_DROPPABLE_EVENTS = Statement(
    "FIND_DROPPABLE_EVENTS",
    Compiled(
        "SELECT max(oldest.id) AS last, count(*) AS number FROM (SELECT events.id AS id, events.at AS at FROM "
        "events WHERE events.user_id = ? ORDER BY events.id LIMIT ? OFFSET 0) AS oldest WHERE oldest.at < ? "
        "OR oldest.id <= ?",
        binds="user_id limit before:moment up_to",
    ),
    Compiled(
        "SELECT max(oldest.id) AS last, count(*) AS number FROM (SELECT events.id AS id, events.at AS at FROM "
        "events WHERE events.user_id = $1::INTEGER ORDER BY events.id LIMIT $2::BIGINT OFFSET 0) AS oldest "
        "WHERE oldest.at < $3::TIMESTAMP WITH TIME ZONE OR oldest.id <= $4::BIGINT",
        binds="user_id limit before:moment up_to",
    ),
    columns="last number",
)

SET_DROPPED_EVENTS = Statement(
    "SET_DROPPED_EVENTS",
    Compiled(
        "UPDATE event_counters SET dropped_id=? WHERE event_counters.user_id = ? AND event_counters.dropped_id < ?",
        binds="dropped_id user_id dropped_id",
    ),
    Compiled(
        "UPDATE event_counters SET dropped_id=$1::BIGINT WHERE event_counters.user_id = $2::INTEGER AND "
        "event_counters.dropped_id < $1::BIGINT",
        binds="dropped_id user_id",
    ),
)

DROP_EVENTS = Statement(
    "DROP_EVENTS",
    Compiled(
        "DELETE FROM events WHERE events.user_id = ? AND events.id <= ?",
        binds="user_id id",
    ),
    Compiled(
        "DELETE FROM events WHERE events.user_id = $1::INTEGER AND events.id <= $2::BIGINT",
        binds="user_id id",
    ),
)

SET_KEY_REPORT = Statement(
    "SET_KEY_REPORT",
    Compiled(
        "INSERT INTO key_reports (account_id, examined_at, body) VALUES (?, ?, ?) ON CONFLICT (account_id) DO "
        "UPDATE SET examined_at = excluded.examined_at, body = excluded.body",
        binds="account_id examined_at:moment body",
    ),
    Compiled(
        "INSERT INTO key_reports (account_id, examined_at, body) VALUES ($1::INTEGER, $2::TIMESTAMP WITH TIME "
        "ZONE, $3::VARCHAR) ON CONFLICT (account_id) DO UPDATE SET examined_at = excluded.examined_at, body = "
        "excluded.body",
        binds="account_id examined_at:moment body",
    ),
)

GET_KEY_REPORT = Statement(
    "GET_KEY_REPORT",
    Compiled(
        "SELECT key_reports.body FROM key_reports WHERE key_reports.account_id = ?",
        binds="account_id",
    ),
    Compiled(
        "SELECT key_reports.body FROM key_reports WHERE key_reports.account_id = $1::INTEGER",
        binds="account_id",
    ),
    columns="body",
)

DROP_KEY_REPORT = Statement(
    "DROP_KEY_REPORT",
    Compiled(
        "DELETE FROM key_reports WHERE key_reports.account_id = ?",
        binds="account_id",
    ),
    Compiled(
        "DELETE FROM key_reports WHERE key_reports.account_id = $1::INTEGER",
        binds="account_id",
    ),
)

SET_TOTALS = Statement(
    "SET_TOTALS",
    Compiled(
        "UPDATE accounts SET key_state=?, updated_at=?, loaded_at=?, complete=?, total_usd=?, total_btc=?, "
        "btc_rate=?, version=(accounts.version + 1) WHERE accounts.id = ?",
        binds=(
            "key_state updated_at:moment loaded_at:moment complete:flag total_usd:exact total_btc:exact "
            "btc_rate:exact id"
        ),
    ),
    Compiled(
        "UPDATE accounts SET key_state=$1::VARCHAR, updated_at=$2::TIMESTAMP WITH TIME ZONE, "
        "loaded_at=$3::TIMESTAMP WITH TIME ZONE, complete=$4::BOOLEAN, total_usd=$5::NUMERIC, "
        "total_btc=$6::NUMERIC, btc_rate=$7::NUMERIC, version=(accounts.version + 1) WHERE accounts.id = "
        "$8::INTEGER",
        binds=(
            "key_state updated_at:moment loaded_at:moment complete:flag total_usd:exact total_btc:exact "
            "btc_rate:exact id"
        ),
    ),
)

LOCK_ACCOUNT = Statement(
    "LOCK_ACCOUNT",
    Compiled(
        "SELECT accounts.id FROM accounts WHERE accounts.id = ?",
        binds="id",
    ),
    Compiled(
        "SELECT accounts.id FROM accounts WHERE accounts.id = $1::INTEGER FOR UPDATE",
        binds="id",
    ),
    columns="id",
)

LOCK_VERSION = Statement(
    "LOCK_VERSION",
    Compiled(
        "SELECT accounts.id FROM accounts WHERE accounts.id = ? AND accounts.version = ?",
        binds="id version",
    ),
    Compiled(
        "SELECT accounts.id FROM accounts WHERE accounts.id = $1::INTEGER AND accounts.version = $2::BIGINT FOR UPDATE",
        binds="id version",
    ),
    columns="id",
)

SET_KEY_STATE = Statement(
    "SET_KEY_STATE",
    Compiled(
        "UPDATE accounts SET key_state=?, updated_at=?, version=(accounts.version + 1) WHERE accounts.id = ?",
        binds="key_state updated_at:moment id",
    ),
    Compiled(
        "UPDATE accounts SET key_state=$1::VARCHAR, updated_at=$2::TIMESTAMP WITH TIME ZONE, "
        "version=(accounts.version + 1) WHERE accounts.id = $3::INTEGER",
        binds="key_state updated_at:moment id",
    ),
)

SET_KEY_STATE_OF = Statement(
    "SET_KEY_STATE_OF",
    Compiled(
        "UPDATE accounts SET key_state=?, updated_at=?, version=(accounts.version + 1) WHERE accounts.id = ? "
        "AND accounts.version = ?",
        binds="key_state updated_at:moment id version",
    ),
    Compiled(
        "UPDATE accounts SET key_state=$1::VARCHAR, updated_at=$2::TIMESTAMP WITH TIME ZONE, "
        "version=(accounts.version + 1) WHERE accounts.id = $3::INTEGER AND accounts.version = $4::BIGINT",
        binds="key_state updated_at:moment id version",
    ),
)

COUNT_FLOW = Statement(
    "COUNT_FLOW",
    Compiled(
        "UPDATE accounts SET net_deposits_usd=exact_sum(accounts.net_deposits_usd, ?), "
        "net_deposits_btc=exact_sum(accounts.net_deposits_btc, ?) WHERE accounts.id = ? AND NOT (EXISTS "
        "(SELECT * FROM flows WHERE flows.account_id = accounts.id AND flows.reference = ? AND "
        "flows.reference != ''))",
        binds="usd:exact btc:exact account_id reference",
    ),
    Compiled(
        "UPDATE accounts SET net_deposits_usd=(accounts.net_deposits_usd + $1::NUMERIC), "
        "net_deposits_btc=(accounts.net_deposits_btc + $2::NUMERIC) WHERE accounts.id = $3::INTEGER AND NOT "
        "(EXISTS (SELECT * FROM flows WHERE flows.account_id = accounts.id AND flows.reference = $4::VARCHAR "
        "AND flows.reference != ''))",
        binds="usd:exact btc:exact account_id reference",
    ),
)

ADD_FLOW = Statement(
    "ADD_FLOW",
    Compiled(
        "INSERT INTO flows (account_id, at, kind, usd, btc, asset, amount, reference, source, link, "
        "counterpart, note, moved_at, txid, fee, priced, price) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?) ON CONFLICT (account_id, reference) WHERE reference != '' DO NOTHING",
        binds=(
            "account_id at:moment kind usd:exact btc:exact asset amount:exact reference source link counterpart "
            "note moved_at:moment txid fee:exact priced:flag price"
        ),
    ),
    Compiled(
        "INSERT INTO flows (account_id, at, kind, usd, btc, asset, amount, reference, source, link, "
        "counterpart, note, moved_at, txid, fee, priced, price) VALUES ($1::INTEGER, $2::TIMESTAMP WITH TIME "
        "ZONE, $3::VARCHAR, $4::NUMERIC, $5::NUMERIC, $6::VARCHAR, $7::NUMERIC, $8::VARCHAR, $9::VARCHAR, "
        "$10::VARCHAR, $11::INTEGER, $12::VARCHAR, $13::TIMESTAMP WITH TIME ZONE, $14::VARCHAR, $15::NUMERIC, "
        "$16::BOOLEAN, $17::VARCHAR) ON CONFLICT (account_id, reference) WHERE reference != '' DO NOTHING "
        "RETURNING flows.id",
        binds=(
            "account_id at:moment kind usd:exact btc:exact asset amount:exact reference source link counterpart "
            "note moved_at:moment txid fee:exact priced:flag price"
        ),
    ),
)

DROP_HOLDINGS = Statement(
    "DROP_HOLDINGS",
    Compiled(
        "DELETE FROM holdings WHERE holdings.account_id = ?",
        binds="account_id",
    ),
    Compiled(
        "DELETE FROM holdings WHERE holdings.account_id = $1::INTEGER",
        binds="account_id",
    ),
)

ADD_HOLDING = Statement(
    "ADD_HOLDING",
    Compiled(
        "INSERT INTO holdings (account_id, position, asset, wallet, total, free, locked, borrowed, "
        "unrealised, exchange_code, multiplier, price, route, usd, refusal, day_ago) VALUES (?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        binds=(
            "account_id position asset wallet total:exact free:exact locked:exact borrowed:exact unrealised:exact "
            "exchange_code multiplier:exact price:exact route usd:exact refusal day_ago:exact"
        ),
    ),
    Compiled(
        "INSERT INTO holdings (account_id, position, asset, wallet, total, free, locked, borrowed, "
        "unrealised, exchange_code, multiplier, price, route, usd, refusal, day_ago) VALUES ($1::INTEGER, "
        "$2::INTEGER, $3::VARCHAR, $4::VARCHAR, $5::NUMERIC, $6::NUMERIC, $7::NUMERIC, $8::NUMERIC, "
        "$9::NUMERIC, $10::VARCHAR, $11::NUMERIC, $12::NUMERIC, $13::VARCHAR, $14::NUMERIC, $15::VARCHAR, "
        "$16::NUMERIC)",
        binds=(
            "account_id position asset wallet total:exact free:exact locked:exact borrowed:exact unrealised:exact "
            "exchange_code multiplier:exact price:exact route usd:exact refusal day_ago:exact"
        ),
    ),
)

LIST_HOLDINGS = Statement(
    "LIST_HOLDINGS",
    Compiled(
        "SELECT holdings.asset, holdings.wallet, holdings.total, holdings.free, holdings.locked, "
        "holdings.borrowed, holdings.unrealised, holdings.exchange_code, holdings.multiplier, holdings.price, "
        "holdings.route, holdings.usd, holdings.refusal FROM holdings WHERE holdings.account_id = ? ORDER BY "
        "holdings.position",
        binds="account_id",
    ),
    Compiled(
        "SELECT holdings.asset, holdings.wallet, holdings.total, holdings.free, holdings.locked, "
        "holdings.borrowed, holdings.unrealised, holdings.exchange_code, holdings.multiplier, holdings.price, "
        "holdings.route, holdings.usd, holdings.refusal FROM holdings WHERE holdings.account_id = $1::INTEGER "
        "ORDER BY holdings.position",
        binds="account_id",
    ),
    columns=(
        "asset wallet total:exact free:exact locked:exact borrowed:exact unrealised:exact exchange_code "
        "multiplier:exact price:exact route usd:exact refusal"
    ),
)

PUT_ALLOCATION = Statement(
    "PUT_ALLOCATION",
    Compiled(
        "INSERT INTO allocations (account_id, loaded_at, btc_day_ago, body) VALUES (?, ?, ?, ?) ON CONFLICT "
        "(account_id) DO UPDATE SET loaded_at = excluded.loaded_at, btc_day_ago = excluded.btc_day_ago, body "
        "= excluded.body",
        binds="account_id loaded_at:moment btc_day_ago:exact body",
    ),
    Compiled(
        "INSERT INTO allocations (account_id, loaded_at, btc_day_ago, body) VALUES ($1::INTEGER, "
        "$2::TIMESTAMP WITH TIME ZONE, $3::NUMERIC, $4::BYTEA) ON CONFLICT (account_id) DO UPDATE SET "
        "loaded_at = excluded.loaded_at, btc_day_ago = excluded.btc_day_ago, body = excluded.body",
        binds="account_id loaded_at:moment btc_day_ago:exact body",
    ),
)

GET_ALLOCATION = Statement(
    "GET_ALLOCATION",
    Compiled(
        "SELECT accounts.version, accounts.loaded_at IS NOT NULL AS loaded, accounts.btc_rate, "
        "allocations.body FROM accounts LEFT OUTER JOIN allocations ON allocations.account_id = accounts.id "
        "AND allocations.loaded_at = accounts.loaded_at WHERE accounts.id = ?",
        binds="account_id",
    ),
    Compiled(
        "SELECT accounts.version, accounts.loaded_at IS NOT NULL AS loaded, accounts.btc_rate, "
        "allocations.body FROM accounts LEFT OUTER JOIN allocations ON allocations.account_id = accounts.id "
        "AND allocations.loaded_at = accounts.loaded_at WHERE accounts.id = $1::INTEGER",
        binds="account_id",
    ),
    columns="version loaded btc_rate:exact body",
)

LIST_ALLOCATIONS = Statement(
    "LIST_ALLOCATIONS",
    Compiled(
        "SELECT accounts.id, accounts.version, accounts.loaded_at IS NOT NULL AS loaded, accounts.btc_rate, "
        "allocations.body FROM accounts LEFT OUTER JOIN allocations ON allocations.account_id = accounts.id "
        "AND allocations.loaded_at = accounts.loaded_at WHERE accounts.id IN (SELECT CAST(item.value AS "
        "BIGINT) AS value FROM json_each(?) AS item) ORDER BY accounts.id",
        binds="account_ids:ids",
    ),
    Compiled(
        "SELECT accounts.id, accounts.version, accounts.loaded_at IS NOT NULL AS loaded, accounts.btc_rate, "
        "allocations.body FROM accounts LEFT OUTER JOIN allocations ON allocations.account_id = accounts.id "
        "AND allocations.loaded_at = accounts.loaded_at WHERE accounts.id IN (SELECT CAST(item.value AS "
        "BIGINT) AS value FROM (SELECT unnest($1::BIGINT[]) AS value) AS item) ORDER BY accounts.id",
        binds="account_ids:ids",
    ),
    columns="id version loaded btc_rate:exact body",
)

LIST_CONTENTS = Statement(
    "LIST_CONTENTS",
    Compiled(
        "SELECT accounts.id, accounts.version, accounts.btc_rate, allocations.btc_day_ago, holdings.asset, "
        "holdings.wallet, holdings.total, holdings.free, holdings.locked, holdings.borrowed, "
        "holdings.unrealised, holdings.price, holdings.day_ago, holdings.usd FROM accounts LEFT OUTER JOIN "
        "allocations ON allocations.account_id = accounts.id AND allocations.loaded_at = accounts.loaded_at "
        "LEFT OUTER JOIN holdings ON holdings.account_id = accounts.id WHERE accounts.id IN (SELECT "
        "CAST(item.value AS BIGINT) AS value FROM json_each(?) AS item) ORDER BY accounts.id, "
        "holdings.position",
        binds="account_ids:ids",
    ),
    Compiled(
        "SELECT accounts.id, accounts.version, accounts.btc_rate, allocations.btc_day_ago, holdings.asset, "
        "holdings.wallet, holdings.total, holdings.free, holdings.locked, holdings.borrowed, "
        "holdings.unrealised, holdings.price, holdings.day_ago, holdings.usd FROM accounts LEFT OUTER JOIN "
        "allocations ON allocations.account_id = accounts.id AND allocations.loaded_at = accounts.loaded_at "
        "LEFT OUTER JOIN holdings ON holdings.account_id = accounts.id WHERE accounts.id IN (SELECT "
        "CAST(item.value AS BIGINT) AS value FROM (SELECT unnest($1::BIGINT[]) AS value) AS item) ORDER BY "
        "accounts.id, holdings.position",
        binds="account_ids:ids",
    ),
    columns=(
        "id version btc_rate:exact btc_day_ago:exact asset wallet total:exact free:exact locked:exact "
        "borrowed:exact unrealised:exact price:exact day_ago:exact usd:exact"
    ),
)

DROP_POSITIONS = Statement(
    "DROP_POSITIONS",
    Compiled(
        "DELETE FROM positions WHERE positions.account_id = ?",
        binds="account_id",
    ),
    Compiled(
        "DELETE FROM positions WHERE positions.account_id = $1::INTEGER",
        binds="account_id",
    ),
)

ADD_POSITION = Statement(
    "ADD_POSITION",
    Compiled(
        "INSERT INTO positions (account_id, position, symbol, wallet, side, size, entry_price, mark_price, "
        "unrealised, leverage) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        binds=(
            "account_id position symbol wallet side size:exact entry_price:exact mark_price:exact "
            "unrealised:exact leverage:exact"
        ),
    ),
    Compiled(
        "INSERT INTO positions (account_id, position, symbol, wallet, side, size, entry_price, mark_price, "
        "unrealised, leverage) VALUES ($1::INTEGER, $2::INTEGER, $3::VARCHAR, $4::VARCHAR, $5::VARCHAR, "
        "$6::NUMERIC, $7::NUMERIC, $8::NUMERIC, $9::NUMERIC, $10::NUMERIC)",
        binds=(
            "account_id position symbol wallet side size:exact entry_price:exact mark_price:exact "
            "unrealised:exact leverage:exact"
        ),
    ),
)

LIST_POSITIONS = Statement(
    "LIST_POSITIONS",
    Compiled(
        "SELECT accounts.id, accounts.version, positions.symbol, positions.wallet, positions.side, "
        "positions.size, positions.entry_price, positions.mark_price, positions.unrealised, "
        "positions.leverage FROM accounts LEFT OUTER JOIN positions ON positions.account_id = accounts.id "
        "WHERE accounts.id IN (SELECT CAST(item.value AS BIGINT) AS value FROM json_each(?) AS item) ORDER BY "
        "accounts.id, positions.position",
        binds="account_ids:ids",
    ),
    Compiled(
        "SELECT accounts.id, accounts.version, positions.symbol, positions.wallet, positions.side, "
        "positions.size, positions.entry_price, positions.mark_price, positions.unrealised, "
        "positions.leverage FROM accounts LEFT OUTER JOIN positions ON positions.account_id = accounts.id "
        "WHERE accounts.id IN (SELECT CAST(item.value AS BIGINT) AS value FROM (SELECT unnest($1::BIGINT[]) "
        "AS value) AS item) ORDER BY accounts.id, positions.position",
        binds="account_ids:ids",
    ),
    columns=(
        "id version symbol wallet side size:exact entry_price:exact mark_price:exact unrealised:exact leverage:exact"
    ),
)

DROP_WALLETS = Statement(
    "DROP_WALLETS",
    Compiled(
        "DELETE FROM wallets WHERE wallets.account_id = ?",
        binds="account_id",
    ),
    Compiled(
        "DELETE FROM wallets WHERE wallets.account_id = $1::INTEGER",
        binds="account_id",
    ),
)

ADD_WALLET = Statement(
    "ADD_WALLET",
    Compiled(
        "INSERT INTO wallets (account_id, position, wallet, state, read_at, failure, reason) VALUES (?, ?, ?, "
        "?, ?, ?, ?)",
        binds="account_id position wallet state read_at:moment failure reason",
    ),
    Compiled(
        "INSERT INTO wallets (account_id, position, wallet, state, read_at, failure, reason) VALUES "
        "($1::INTEGER, $2::INTEGER, $3::VARCHAR, $4::VARCHAR, $5::TIMESTAMP WITH TIME ZONE, $6::VARCHAR, "
        "$7::VARCHAR)",
        binds="account_id position wallet state read_at:moment failure reason",
    ),
)

LIST_WALLETS = Statement(
    "LIST_WALLETS",
    Compiled(
        "SELECT wallets.wallet, wallets.state, wallets.read_at, wallets.failure, wallets.reason FROM wallets "
        "WHERE wallets.account_id = ? ORDER BY wallets.position",
        binds="account_id",
    ),
    Compiled(
        "SELECT wallets.wallet, wallets.state, wallets.read_at, wallets.failure, wallets.reason FROM wallets "
        "WHERE wallets.account_id = $1::INTEGER ORDER BY wallets.position",
        binds="account_id",
    ),
    columns="wallet state read_at:moment failure reason",
)

ADD_SNAPSHOT = Statement(
    "ADD_SNAPSHOT",
    Compiled(
        "INSERT INTO snapshots (account_id, taken_at, total_usd, total_btc, net_deposits_usd, "
        "net_deposits_btc, complete) SELECT accounts.id, ? AS anon_1, accounts.total_usd, accounts.total_btc, "
        "accounts.net_deposits_usd, accounts.net_deposits_btc, accounts.complete FROM accounts WHERE "
        "accounts.id = ? ON CONFLICT (account_id, taken_at) DO UPDATE SET total_usd = excluded.total_usd, "
        "total_btc = excluded.total_btc, net_deposits_usd = excluded.net_deposits_usd, net_deposits_btc = "
        "excluded.net_deposits_btc, complete = excluded.complete",
        binds="taken_at:moment account_id",
    ),
    Compiled(
        "INSERT INTO snapshots (account_id, taken_at, total_usd, total_btc, net_deposits_usd, "
        "net_deposits_btc, complete) SELECT accounts.id, $1::TIMESTAMP WITH TIME ZONE AS anon_1, "
        "accounts.total_usd, accounts.total_btc, accounts.net_deposits_usd, accounts.net_deposits_btc, "
        "accounts.complete FROM accounts WHERE accounts.id = $2::INTEGER ON CONFLICT (account_id, taken_at) "
        "DO UPDATE SET total_usd = excluded.total_usd, total_btc = excluded.total_btc, net_deposits_usd = "
        "excluded.net_deposits_usd, net_deposits_btc = excluded.net_deposits_btc, complete = "
        "excluded.complete",
        binds="taken_at:moment account_id",
    ),
)

ADD_COMPOSITION = Statement(
    "ADD_COMPOSITION",
    Compiled(
        "INSERT INTO compositions (account_id, taken_at, body) VALUES (?, ?, ?) ON CONFLICT (account_id, "
        "taken_at) DO UPDATE SET body = excluded.body",
        binds="account_id taken_at:moment body",
    ),
    Compiled(
        "INSERT INTO compositions (account_id, taken_at, body) VALUES ($1::INTEGER, $2::TIMESTAMP WITH TIME "
        "ZONE, $3::BYTEA) ON CONFLICT (account_id, taken_at) DO UPDATE SET body = excluded.body",
        binds="account_id taken_at:moment body",
    ),
)

ADD_LOAD = Statement(
    "ADD_LOAD",
    Compiled(
        "INSERT INTO loads (account_id, started_at, finished_at, failure, reason, wallets) VALUES (?, ?, ?, ?, ?, ?)",
        binds="account_id started_at:moment finished_at:moment failure reason wallets",
    ),
    Compiled(
        "INSERT INTO loads (account_id, started_at, finished_at, failure, reason, wallets) VALUES "
        "($1::INTEGER, $2::TIMESTAMP WITH TIME ZONE, $3::TIMESTAMP WITH TIME ZONE, $4::VARCHAR, $5::VARCHAR, "
        "$6::VARCHAR) RETURNING loads.id",
        binds="account_id started_at:moment finished_at:moment failure reason wallets",
    ),
)

LIST_PASTS = Statement(
    "LIST_PASTS",
    Compiled(
        "SELECT pasts.account_id, pasts.number FROM pasts WHERE pasts.account_id IN (SELECT CAST(item.value "
        "AS BIGINT) AS value FROM json_each(?) AS item)",
        binds="account_ids:ids",
    ),
    Compiled(
        "SELECT pasts.account_id, pasts.number FROM pasts WHERE pasts.account_id IN (SELECT CAST(item.value "
        "AS BIGINT) AS value FROM (SELECT unnest($1::BIGINT[]) AS value) AS item)",
        binds="account_ids:ids",
    ),
    columns="account_id number",
)

TURN_PAST = Statement(
    "TURN_PAST",
    Compiled(
        "INSERT INTO pasts (account_id, number) VALUES (?, 1) ON CONFLICT (account_id) DO UPDATE SET number = "
        "(pasts.number + 1)",
        binds="account_id",
    ),
    Compiled(
        "INSERT INTO pasts (account_id, number) VALUES ($1::INTEGER, 1) ON CONFLICT (account_id) DO UPDATE "
        "SET number = (pasts.number + 1)",
        binds="account_id",
    ),
)

TURN_PAST_IF_LATE = Statement(
    "TURN_PAST_IF_LATE",
    Compiled(
        "INSERT INTO pasts (account_id, number) SELECT accounts.id, 1 FROM accounts WHERE accounts.id = ? AND "
        "(EXISTS (SELECT * FROM snapshots WHERE snapshots.account_id = accounts.id AND snapshots.taken_at >= "
        "?)) ON CONFLICT (account_id) DO UPDATE SET number = (pasts.number + 1)",
        binds="account_id taken_at:moment",
    ),
    Compiled(
        "INSERT INTO pasts (account_id, number) SELECT accounts.id, 1 FROM accounts WHERE accounts.id = "
        "$1::INTEGER AND (EXISTS (SELECT * FROM snapshots WHERE snapshots.account_id = accounts.id AND "
        "snapshots.taken_at >= $2::TIMESTAMP WITH TIME ZONE)) ON CONFLICT (account_id) DO UPDATE SET number = "
        "(pasts.number + 1)",
        binds="account_id taken_at:moment",
    ),
)

PUT_USER_SETTING = Statement(
    "PUT_USER_SETTING",
    Compiled(
        "INSERT INTO user_settings (user_id, name, value) VALUES (?, ?, ?) ON CONFLICT (user_id, name) DO "
        "UPDATE SET value = excluded.value",
        binds="user_id name value",
    ),
    Compiled(
        "INSERT INTO user_settings (user_id, name, value) VALUES ($1::INTEGER, $2::VARCHAR, $3::VARCHAR) ON "
        "CONFLICT (user_id, name) DO UPDATE SET value = excluded.value",
        binds="user_id name value",
    ),
)

FIND_USER_SETTING = Statement(
    "FIND_USER_SETTING",
    Compiled(
        "SELECT user_settings.value FROM user_settings WHERE user_settings.user_id = ? AND user_settings.name = ?",
        binds="user_id name",
    ),
    Compiled(
        "SELECT user_settings.value FROM user_settings WHERE user_settings.user_id = $1::INTEGER AND "
        "user_settings.name = $2::VARCHAR",
        binds="user_id name",
    ),
    columns="value",
)

DROP_USER_SETTING = Statement(
    "DROP_USER_SETTING",
    Compiled(
        "DELETE FROM user_settings WHERE user_settings.user_id = ? AND user_settings.name = ?",
        binds="user_id name",
    ),
    Compiled(
        "DELETE FROM user_settings WHERE user_settings.user_id = $1::INTEGER AND user_settings.name = $2::VARCHAR",
        binds="user_id name",
    ),
)

PUT_INSTALLATION_SETTING = Statement(
    "PUT_INSTALLATION_SETTING",
    Compiled(
        "INSERT INTO installation_settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value "
        "= excluded.value",
        binds="name value",
    ),
    Compiled(
        "INSERT INTO installation_settings (name, value) VALUES ($1::VARCHAR, $2::VARCHAR) ON CONFLICT (name) "
        "DO UPDATE SET value = excluded.value",
        binds="name value",
    ),
)

FIND_INSTALLATION_SETTING = Statement(
    "FIND_INSTALLATION_SETTING",
    Compiled(
        "SELECT installation_settings.value FROM installation_settings WHERE installation_settings.name = ?",
        binds="name",
    ),
    Compiled(
        "SELECT installation_settings.value FROM installation_settings WHERE installation_settings.name = $1::VARCHAR",
        binds="name",
    ),
    columns="value",
)

DROP_INSTALLATION_SETTING = Statement(
    "DROP_INSTALLATION_SETTING",
    Compiled(
        "DELETE FROM installation_settings WHERE installation_settings.name = ?",
        binds="name",
    ),
    Compiled(
        "DELETE FROM installation_settings WHERE installation_settings.name = $1::VARCHAR",
        binds="name",
    ),
)

ADD_REFRESH = Statement(
    "ADD_REFRESH",
    Compiled(
        "INSERT INTO refreshes (account_id, next_at, every_seconds, failures, failure, reason, refreshed_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account_id) DO NOTHING",
        binds="account_id next_at:moment every_seconds failures failure reason refreshed_at:moment",
    ),
    Compiled(
        "INSERT INTO refreshes (account_id, next_at, every_seconds, failures, failure, reason, refreshed_at) "
        "VALUES ($1::INTEGER, $2::TIMESTAMP WITH TIME ZONE, $3::INTEGER, $4::INTEGER, $5::VARCHAR, "
        "$6::VARCHAR, $7::TIMESTAMP WITH TIME ZONE) ON CONFLICT (account_id) DO NOTHING",
        binds="account_id next_at:moment every_seconds failures failure reason refreshed_at:moment",
    ),
)

CLAIM_DUE = Statement(
    "CLAIM_DUE",
    Compiled(
        "WITH due AS (SELECT refreshes.account_id AS account_id FROM refreshes WHERE refreshes.next_at <= ? "
        "ORDER BY refreshes.next_at LIMIT ? OFFSET 0) UPDATE refreshes SET next_at=? WHERE "
        "refreshes.account_id IN (SELECT due.account_id FROM due) RETURNING account_id",
        binds="now:moment limit until:moment",
    ),
    Compiled(
        "WITH due AS (SELECT refreshes.account_id AS account_id FROM refreshes WHERE refreshes.next_at <= "
        "$2::TIMESTAMP WITH TIME ZONE ORDER BY refreshes.next_at LIMIT $3::BIGINT OFFSET 0 FOR UPDATE SKIP "
        "LOCKED) UPDATE refreshes SET next_at=$1::TIMESTAMP WITH TIME ZONE WHERE refreshes.account_id IN "
        "(SELECT due.account_id FROM due) RETURNING refreshes.account_id",
        binds="until:moment now:moment limit",
    ),
    columns="account_id",
)

FIND_NEXT_DUE = Statement(
    "FIND_NEXT_DUE",
    Compiled(
        "SELECT refreshes.next_at FROM refreshes WHERE refreshes.next_at IS NOT NULL ORDER BY "
        "refreshes.next_at LIMIT 1 OFFSET 0",
    ),
    Compiled(
        "SELECT refreshes.next_at FROM refreshes WHERE refreshes.next_at IS NOT NULL ORDER BY "
        "refreshes.next_at LIMIT 1 OFFSET 0",
    ),
    columns="next_at:moment",
)

FIND_REFRESH = Statement(
    "FIND_REFRESH",
    Compiled(
        "SELECT accounts.id, accounts.user_id, accounts.created_at, accounts.key_state, refreshes.account_id, "
        "refreshes.next_at, refreshes.every_seconds, refreshes.failures, refreshes.failure, refreshes.reason, "
        "refreshes.refreshed_at FROM accounts LEFT OUTER JOIN refreshes ON refreshes.account_id = accounts.id "
        "WHERE accounts.id = ?",
        binds="id",
    ),
    Compiled(
        "SELECT accounts.id, accounts.user_id, accounts.created_at, accounts.key_state, refreshes.account_id, "
        "refreshes.next_at, refreshes.every_seconds, refreshes.failures, refreshes.failure, refreshes.reason, "
        "refreshes.refreshed_at FROM accounts LEFT OUTER JOIN refreshes ON refreshes.account_id = accounts.id "
        "WHERE accounts.id = $1::INTEGER",
        binds="id",
    ),
    columns=(
        "id user_id created_at:moment key_state account_id next_at:moment every_seconds failures failure "
        "reason refreshed_at:moment"
    ),
)

LIST_REFRESHES = Statement(
    "LIST_REFRESHES",
    Compiled(
        "SELECT accounts.id, accounts.user_id, accounts.created_at, accounts.key_state, refreshes.account_id, "
        "refreshes.next_at, refreshes.every_seconds, refreshes.failures, refreshes.failure, refreshes.reason, "
        "refreshes.refreshed_at FROM accounts LEFT OUTER JOIN refreshes ON refreshes.account_id = accounts.id "
        "WHERE accounts.user_id = ? ORDER BY accounts.id",
        binds="user_id",
    ),
    Compiled(
        "SELECT accounts.id, accounts.user_id, accounts.created_at, accounts.key_state, refreshes.account_id, "
        "refreshes.next_at, refreshes.every_seconds, refreshes.failures, refreshes.failure, refreshes.reason, "
        "refreshes.refreshed_at FROM accounts LEFT OUTER JOIN refreshes ON refreshes.account_id = accounts.id "
        "WHERE accounts.user_id = $1::INTEGER ORDER BY accounts.id",
        binds="user_id",
    ),
    columns=(
        "id user_id created_at:moment key_state account_id next_at:moment every_seconds failures failure "
        "reason refreshed_at:moment"
    ),
)

LIST_ASTRAY = Statement(
    "LIST_ASTRAY",
    Compiled(
        "SELECT accounts.id, accounts.user_id, accounts.created_at, accounts.key_state, refreshes.account_id, "
        "refreshes.next_at, refreshes.every_seconds, refreshes.failures, refreshes.failure, refreshes.reason, "
        "refreshes.refreshed_at FROM accounts LEFT OUTER JOIN refreshes ON refreshes.account_id = accounts.id "
        "WHERE refreshes.account_id IS NULL OR refreshes.refreshed_at > ? OR refreshes.next_at IS NULL AND "
        "accounts.key_state != 'invalid' AND (refreshes.every_seconds > 0 OR ? AND refreshes.every_seconds IS "
        "NULL) OR refreshes.every_seconds IS NULL AND refreshes.failure = '' AND refreshes.next_at > ? LIMIT "
        "? OFFSET 0",
        binds="now:moment on:flag horizon:moment limit",
    ),
    Compiled(
        "SELECT accounts.id, accounts.user_id, accounts.created_at, accounts.key_state, refreshes.account_id, "
        "refreshes.next_at, refreshes.every_seconds, refreshes.failures, refreshes.failure, refreshes.reason, "
        "refreshes.refreshed_at FROM accounts LEFT OUTER JOIN refreshes ON refreshes.account_id = accounts.id "
        "WHERE refreshes.account_id IS NULL OR refreshes.refreshed_at > $1::TIMESTAMP WITH TIME ZONE OR "
        "refreshes.next_at IS NULL AND accounts.key_state != 'invalid' AND (refreshes.every_seconds > 0 OR "
        "$2::BOOLEAN AND refreshes.every_seconds IS NULL) OR refreshes.every_seconds IS NULL AND "
        "refreshes.failure = '' AND refreshes.next_at > $3::TIMESTAMP WITH TIME ZONE LIMIT $4::BIGINT OFFSET "
        "0",
        binds="now:moment on:flag horizon:moment limit",
    ),
    columns=(
        "id user_id created_at:moment key_state account_id next_at:moment every_seconds failures failure "
        "reason refreshed_at:moment"
    ),
)

SETTLE_REFRESH = Statement(
    "SETTLE_REFRESH",
    Compiled(
        "INSERT INTO refreshes (account_id, next_at, every_seconds, failures, failure, reason, refreshed_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account_id) DO UPDATE SET next_at = excluded.next_at, "
        "failures = excluded.failures, failure = excluded.failure, reason = excluded.reason, refreshed_at = "
        "excluded.refreshed_at",
        binds="account_id next_at:moment every_seconds failures failure reason refreshed_at:moment",
    ),
    Compiled(
        "INSERT INTO refreshes (account_id, next_at, every_seconds, failures, failure, reason, refreshed_at) "
        "VALUES ($1::INTEGER, $2::TIMESTAMP WITH TIME ZONE, $3::INTEGER, $4::INTEGER, $5::VARCHAR, "
        "$6::VARCHAR, $7::TIMESTAMP WITH TIME ZONE) ON CONFLICT (account_id) DO UPDATE SET next_at = "
        "excluded.next_at, failures = excluded.failures, failure = excluded.failure, reason = "
        "excluded.reason, refreshed_at = excluded.refreshed_at",
        binds="account_id next_at:moment every_seconds failures failure reason refreshed_at:moment",
    ),
)

SET_INTERVAL = Statement(
    "SET_INTERVAL",
    Compiled(
        "INSERT INTO refreshes (account_id, next_at, every_seconds, failures, failure, reason, refreshed_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account_id) DO UPDATE SET next_at = excluded.next_at, "
        "every_seconds = excluded.every_seconds",
        binds="account_id next_at:moment every_seconds failures failure reason refreshed_at:moment",
    ),
    Compiled(
        "INSERT INTO refreshes (account_id, next_at, every_seconds, failures, failure, reason, refreshed_at) "
        "VALUES ($1::INTEGER, $2::TIMESTAMP WITH TIME ZONE, $3::INTEGER, $4::INTEGER, $5::VARCHAR, "
        "$6::VARCHAR, $7::TIMESTAMP WITH TIME ZONE) ON CONFLICT (account_id) DO UPDATE SET next_at = "
        "excluded.next_at, every_seconds = excluded.every_seconds",
        binds="account_id next_at:moment every_seconds failures failure reason refreshed_at:moment",
    ),
)

RESUME_REFRESH = Statement(
    "RESUME_REFRESH",
    Compiled(
        "UPDATE refreshes SET next_at=?, failures=?, failure=?, reason=? WHERE refreshes.account_id = ?",
        binds="next_at:moment failures failure reason account_id",
    ),
    Compiled(
        "UPDATE refreshes SET next_at=$1::TIMESTAMP WITH TIME ZONE, failures=$2::INTEGER, "
        "failure=$3::VARCHAR, reason=$4::VARCHAR WHERE refreshes.account_id = $5::INTEGER",
        binds="next_at:moment failures failure reason account_id",
    ),
)

TAKE_LEASE = Statement(
    "TAKE_LEASE",
    Compiled(
        "INSERT INTO leases (account_id, holder, taken_at, expires_at) VALUES (?, ?, ?, ?) ON CONFLICT "
        "(account_id) DO UPDATE SET holder = excluded.holder, taken_at = excluded.taken_at, expires_at = "
        "excluded.expires_at WHERE leases.expires_at <= ? OR leases.expires_at = ? RETURNING account_id",
        binds="account_id holder taken_at:moment expires_at:moment expired:moment abandoned:moment",
    ),
    Compiled(
        "INSERT INTO leases (account_id, holder, taken_at, expires_at) VALUES ($1::INTEGER, $2::VARCHAR, "
        "$3::TIMESTAMP WITH TIME ZONE, $4::TIMESTAMP WITH TIME ZONE) ON CONFLICT (account_id) DO UPDATE SET "
        "holder = excluded.holder, taken_at = excluded.taken_at, expires_at = excluded.expires_at WHERE "
        "leases.expires_at <= $5::TIMESTAMP WITH TIME ZONE OR leases.expires_at = $6::TIMESTAMP WITH TIME "
        "ZONE RETURNING leases.account_id",
        binds="account_id holder taken_at:moment expires_at:moment expired:moment abandoned:moment",
    ),
    columns="account_id",
)

RENEW_LEASE = Statement(
    "RENEW_LEASE",
    Compiled(
        "UPDATE leases SET expires_at=? WHERE leases.account_id = ? AND leases.holder = ? RETURNING account_id",
        binds="expires_at:moment account_id holder",
    ),
    Compiled(
        "UPDATE leases SET expires_at=$1::TIMESTAMP WITH TIME ZONE WHERE leases.account_id = $2::INTEGER AND "
        "leases.holder = $3::VARCHAR RETURNING leases.account_id",
        binds="expires_at:moment account_id holder",
    ),
    columns="account_id",
)

DROP_LEASE = Statement(
    "DROP_LEASE",
    Compiled(
        "DELETE FROM leases WHERE leases.account_id = ? AND leases.holder = ?",
        binds="account_id holder",
    ),
    Compiled(
        "DELETE FROM leases WHERE leases.account_id = $1::INTEGER AND leases.holder = $2::VARCHAR",
        binds="account_id holder",
    ),
)

FIND_LEASE = Statement(
    "FIND_LEASE",
    Compiled(
        "SELECT leases.holder, leases.taken_at, leases.expires_at FROM leases WHERE leases.account_id = ?",
        binds="account_id",
    ),
    Compiled(
        "SELECT leases.holder, leases.taken_at, leases.expires_at FROM leases WHERE leases.account_id = $1::INTEGER",
        binds="account_id",
    ),
    columns="holder taken_at:moment expires_at:moment",
)

FIND_OUTCOME = Statement(
    "FIND_OUTCOME",
    Compiled(
        "SELECT loads.started_at, loads.finished_at, loads.failure, loads.reason FROM loads WHERE "
        "loads.account_id = ? ORDER BY loads.finished_at DESC LIMIT 1 OFFSET 0",
        binds="account_id",
    ),
    Compiled(
        "SELECT loads.started_at, loads.finished_at, loads.failure, loads.reason FROM loads WHERE "
        "loads.account_id = $1::INTEGER ORDER BY loads.finished_at DESC LIMIT 1 OFFSET 0",
        binds="account_id",
    ),
    columns="started_at:moment finished_at:moment failure reason",
)

CLAIM_CHORE = Statement(
    "CLAIM_CHORE",
    Compiled(
        "INSERT INTO chores (name, next_at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET next_at = "
        "excluded.next_at WHERE chores.next_at <= ? OR chores.next_at > ? RETURNING name",
        binds="name next_at:moment now:moment horizon:moment",
    ),
    Compiled(
        "INSERT INTO chores (name, next_at) VALUES ($1::VARCHAR, $2::TIMESTAMP WITH TIME ZONE) ON CONFLICT "
        "(name) DO UPDATE SET next_at = excluded.next_at WHERE chores.next_at <= $3::TIMESTAMP WITH TIME ZONE "
        "OR chores.next_at > $4::TIMESTAMP WITH TIME ZONE RETURNING chores.name",
        binds="name next_at:moment now:moment horizon:moment",
    ),
    columns="name",
)

SETTLE_CHORE = Statement(
    "SETTLE_CHORE",
    Compiled(
        "UPDATE chores SET next_at=? WHERE chores.name = ?",
        binds="next_at:moment name",
    ),
    Compiled(
        "UPDATE chores SET next_at=$1::TIMESTAMP WITH TIME ZONE WHERE chores.name = $2::VARCHAR",
        binds="next_at:moment name",
    ),
)

FIND_STARTS = Statement(
    "FIND_STARTS",
    Compiled(
        "SELECT snapshots.account_id, snapshots.taken_at, snapshots.total_usd, snapshots.total_btc, "
        "snapshots.complete, snapshots.origin FROM json_each(?) AS account JOIN json_each(?) AS moment ON "
        "moment.value IS NOT NULL LEFT OUTER JOIN snapshots ON snapshots.account_id = CAST(account.value AS "
        "BIGINT) AND snapshots.taken_at = coalesce((SELECT max(snapshots.taken_at) AS max_1 FROM snapshots "
        "WHERE snapshots.account_id = CAST(account.value AS BIGINT) AND snapshots.taken_at <= "
        "CAST(moment.value AS INTEGER)), (SELECT min(snapshots.taken_at) AS min_1 FROM snapshots WHERE "
        "snapshots.account_id = CAST(account.value AS BIGINT))) ORDER BY CAST(account.value AS BIGINT), "
        "CAST(moment.value AS INTEGER)",
        binds="account_ids:ids moments:moments",
    ),
    Compiled(
        "SELECT snapshots.account_id, snapshots.taken_at, snapshots.total_usd, snapshots.total_btc, "
        "snapshots.complete, snapshots.origin FROM (SELECT unnest($1::BIGINT[]) AS value) AS account JOIN "
        "(SELECT unnest($2::TIMESTAMP WITH TIME ZONE[]) AS value) AS moment ON moment.value IS NOT NULL LEFT "
        "OUTER JOIN snapshots ON snapshots.account_id = CAST(account.value AS BIGINT) AND snapshots.taken_at "
        "= coalesce((SELECT max(snapshots.taken_at) AS max_1 FROM snapshots WHERE snapshots.account_id = "
        "CAST(account.value AS BIGINT) AND snapshots.taken_at <= CAST(moment.value AS TIMESTAMP WITH TIME "
        "ZONE)), (SELECT min(snapshots.taken_at) AS min_1 FROM snapshots WHERE snapshots.account_id = "
        "CAST(account.value AS BIGINT))) ORDER BY CAST(account.value AS BIGINT), CAST(moment.value AS "
        "TIMESTAMP WITH TIME ZONE)",
        binds="account_ids:ids moments:moments",
    ),
    columns="account_id taken_at:moment total_usd:exact total_btc:exact complete:flag origin",
)

LIST_FLOWS = Statement(
    "LIST_FLOWS",
    Compiled(
        "SELECT flows.account_id, flows.at, flows.kind, flows.usd, flows.btc, flows.asset, flows.amount, "
        "flows.reference, flows.id, flows.source, flows.link, flows.counterpart, flows.note, flows.moved_at, "
        "flows.txid, flows.fee, flows.priced, flows.price FROM flows WHERE flows.account_id IN (SELECT "
        "CAST(item.value AS BIGINT) AS value FROM json_each(?) AS item) AND flows.at > ? ORDER BY "
        "flows.account_id, flows.at, flows.id",
        binds="account_ids:ids after:moment",
    ),
    Compiled(
        "SELECT flows.account_id, flows.at, flows.kind, flows.usd, flows.btc, flows.asset, flows.amount, "
        "flows.reference, flows.id, flows.source, flows.link, flows.counterpart, flows.note, flows.moved_at, "
        "flows.txid, flows.fee, flows.priced, flows.price FROM flows WHERE flows.account_id IN (SELECT "
        "CAST(item.value AS BIGINT) AS value FROM (SELECT unnest($1::BIGINT[]) AS value) AS item) AND "
        "flows.at > $2::TIMESTAMP WITH TIME ZONE ORDER BY flows.account_id, flows.at, flows.id",
        binds="account_ids:ids after:moment",
    ),
    columns=(
        "account_id at:moment kind usd:exact btc:exact asset amount:exact reference id source link "
        "counterpart note moved_at:moment txid fee:exact priced:flag price"
    ),
)

LIST_LEGS = Statement(
    "LIST_LEGS",
    Compiled(
        "SELECT flows.account_id, flows.at, flows.usd, flows.btc, flows.link FROM flows WHERE "
        "flows.account_id IN (SELECT CAST(item.value AS BIGINT) AS value FROM json_each(?) AS item) AND "
        "flows.link != '' ORDER BY flows.at, flows.id",
        binds="account_ids:ids",
    ),
    Compiled(
        "SELECT flows.account_id, flows.at, flows.usd, flows.btc, flows.link FROM flows WHERE "
        "flows.account_id IN (SELECT CAST(item.value AS BIGINT) AS value FROM (SELECT unnest($1::BIGINT[]) AS "
        "value) AS item) AND flows.link != '' ORDER BY flows.at, flows.id",
        binds="account_ids:ids",
    ),
    columns="account_id at:moment usd:exact btc:exact link",
)

FIND_PAST = Statement(
    "FIND_PAST",
    Compiled(
        "SELECT snapshots.account_id, snapshots.taken_at, snapshots.total_usd, snapshots.total_btc, "
        "snapshots.complete, snapshots.origin, compositions.body FROM json_each(?) AS account JOIN snapshots "
        "ON snapshots.account_id = CAST(account.value AS BIGINT) AND snapshots.taken_at = (SELECT "
        "max(snapshots.taken_at) AS max_1 FROM snapshots WHERE snapshots.account_id = CAST(account.value AS "
        "BIGINT) AND snapshots.taken_at <= ?) LEFT OUTER JOIN compositions ON compositions.account_id = "
        "snapshots.account_id AND compositions.taken_at = snapshots.taken_at ORDER BY snapshots.account_id",
        binds="account_ids:ids moment:moment",
    ),
    Compiled(
        "SELECT snapshots.account_id, snapshots.taken_at, snapshots.total_usd, snapshots.total_btc, "
        "snapshots.complete, snapshots.origin, compositions.body FROM (SELECT unnest($1::BIGINT[]) AS value) "
        "AS account JOIN snapshots ON snapshots.account_id = CAST(account.value AS BIGINT) AND "
        "snapshots.taken_at = (SELECT max(snapshots.taken_at) AS max_1 FROM snapshots WHERE "
        "snapshots.account_id = CAST(account.value AS BIGINT) AND snapshots.taken_at <= $2::TIMESTAMP WITH "
        "TIME ZONE) LEFT OUTER JOIN compositions ON compositions.account_id = snapshots.account_id AND "
        "compositions.taken_at = snapshots.taken_at ORDER BY snapshots.account_id",
        binds="account_ids:ids moment:moment",
    ),
    columns="account_id taken_at:moment total_usd:exact total_btc:exact complete:flag origin body",
)

CORRECT_SNAPSHOTS = Statement(
    "CORRECT_SNAPSHOTS",
    Compiled(
        "UPDATE snapshots SET net_deposits_usd=exact_sum(snapshots.net_deposits_usd, ?), "
        "net_deposits_btc=exact_sum(snapshots.net_deposits_btc, ?) WHERE snapshots.account_id = ? AND "
        "snapshots.taken_at >= ? AND NOT (EXISTS (SELECT * FROM flows WHERE flows.account_id = ? AND "
        "flows.reference = ? AND flows.reference != ''))",
        binds="usd:exact btc:exact account_id at:moment account_id reference",
    ),
    Compiled(
        "UPDATE snapshots SET net_deposits_usd=(snapshots.net_deposits_usd + $1::NUMERIC), "
        "net_deposits_btc=(snapshots.net_deposits_btc + $2::NUMERIC) WHERE snapshots.account_id = $3::INTEGER "
        "AND snapshots.taken_at >= $4::TIMESTAMP WITH TIME ZONE AND NOT (EXISTS (SELECT * FROM flows WHERE "
        "flows.account_id = $3::INTEGER AND flows.reference = $5::VARCHAR AND flows.reference != ''))",
        binds="usd:exact btc:exact account_id at:moment reference",
    ),
)

COUNT_PRICED = Statement(
    "COUNT_PRICED",
    Compiled(
        "UPDATE accounts SET net_deposits_usd=exact_sum(accounts.net_deposits_usd, ?), "
        "net_deposits_btc=exact_sum(accounts.net_deposits_btc, ?) WHERE accounts.id = ? AND (EXISTS (SELECT * "
        "FROM flows WHERE flows.account_id = ? AND flows.id = ? AND flows.priced = 0))",
        binds="usd:exact btc:exact account_id account_id id",
    ),
    Compiled(
        "UPDATE accounts SET net_deposits_usd=(accounts.net_deposits_usd + $1::NUMERIC), "
        "net_deposits_btc=(accounts.net_deposits_btc + $2::NUMERIC) WHERE accounts.id = $3::INTEGER AND "
        "(EXISTS (SELECT * FROM flows WHERE flows.account_id = $3::INTEGER AND flows.id = $4::BIGINT AND "
        "flows.priced = false))",
        binds="usd:exact btc:exact account_id id",
    ),
)

PRICE_FLOW = Statement(
    "PRICE_FLOW",
    Compiled(
        "UPDATE flows SET at=?, usd=?, btc=?, moved_at=?, priced=1, price=? WHERE flows.account_id = ? AND "
        "flows.id = ? AND flows.priced = 0",
        binds="at:moment usd:exact btc:exact moved_at:moment price account_id id",
    ),
    Compiled(
        "UPDATE flows SET at=$1::TIMESTAMP WITH TIME ZONE, usd=$2::NUMERIC, btc=$3::NUMERIC, "
        "moved_at=$4::TIMESTAMP WITH TIME ZONE, priced=true, price=$5::VARCHAR WHERE flows.account_id = "
        "$6::INTEGER AND flows.id = $7::BIGINT AND flows.priced = false",
        binds="at:moment usd:exact btc:exact moved_at:moment price account_id id",
    ),
)

LIST_UNPRICED_FLOWS = Statement(
    "LIST_UNPRICED_FLOWS",
    Compiled(
        "SELECT flows.account_id, flows.at, flows.kind, flows.usd, flows.btc, flows.asset, flows.amount, "
        "flows.reference, flows.id, flows.source, flows.link, flows.counterpart, flows.note, flows.moved_at, "
        "flows.txid, flows.fee, flows.priced, flows.price FROM flows WHERE flows.account_id = ? AND "
        "flows.priced = 0 ORDER BY flows.at, flows.id",
        binds="account_id",
    ),
    Compiled(
        "SELECT flows.account_id, flows.at, flows.kind, flows.usd, flows.btc, flows.asset, flows.amount, "
        "flows.reference, flows.id, flows.source, flows.link, flows.counterpart, flows.note, flows.moved_at, "
        "flows.txid, flows.fee, flows.priced, flows.price FROM flows WHERE flows.account_id = $1::INTEGER AND "
        "flows.priced = false ORDER BY flows.at, flows.id",
        binds="account_id",
    ),
    columns=(
        "account_id at:moment kind usd:exact btc:exact asset amount:exact reference id source link "
        "counterpart note moved_at:moment txid fee:exact priced:flag price"
    ),
)

LIST_ACCOUNT_FLOWS = Statement(
    "LIST_ACCOUNT_FLOWS",
    Compiled(
        "SELECT flows.account_id, flows.at, flows.kind, flows.usd, flows.btc, flows.asset, flows.amount, "
        "flows.reference, flows.id, flows.source, flows.link, flows.counterpart, flows.note, flows.moved_at, "
        "flows.txid, flows.fee, flows.priced, flows.price FROM flows WHERE flows.account_id = ? ORDER BY "
        "flows.at DESC, flows.id DESC LIMIT ? OFFSET ?",
        binds="account_id limit offset",
    ),
    Compiled(
        "SELECT flows.account_id, flows.at, flows.kind, flows.usd, flows.btc, flows.asset, flows.amount, "
        "flows.reference, flows.id, flows.source, flows.link, flows.counterpart, flows.note, flows.moved_at, "
        "flows.txid, flows.fee, flows.priced, flows.price FROM flows WHERE flows.account_id = $1::INTEGER "
        "ORDER BY flows.at DESC, flows.id DESC LIMIT $2::BIGINT OFFSET $3::BIGINT",
        binds="account_id limit offset",
    ),
    columns=(
        "account_id at:moment kind usd:exact btc:exact asset amount:exact reference id source link "
        "counterpart note moved_at:moment txid fee:exact priced:flag price"
    ),
)

GET_FLOW_BY_REFERENCE = Statement(
    "GET_FLOW_BY_REFERENCE",
    Compiled(
        "SELECT flows.account_id, flows.at, flows.kind, flows.usd, flows.btc, flows.asset, flows.amount, "
        "flows.reference, flows.id, flows.source, flows.link, flows.counterpart, flows.note, flows.moved_at, "
        "flows.txid, flows.fee, flows.priced, flows.price FROM flows WHERE flows.account_id = ? AND "
        "flows.reference = ?",
        binds="account_id reference",
    ),
    Compiled(
        "SELECT flows.account_id, flows.at, flows.kind, flows.usd, flows.btc, flows.asset, flows.amount, "
        "flows.reference, flows.id, flows.source, flows.link, flows.counterpart, flows.note, flows.moved_at, "
        "flows.txid, flows.fee, flows.priced, flows.price FROM flows WHERE flows.account_id = $1::INTEGER AND "
        "flows.reference = $2::VARCHAR",
        binds="account_id reference",
    ),
    columns=(
        "account_id at:moment kind usd:exact btc:exact asset amount:exact reference id source link "
        "counterpart note moved_at:moment txid fee:exact priced:flag price"
    ),
)

GET_MANUAL_FLOW = Statement(
    "GET_MANUAL_FLOW",
    Compiled(
        "SELECT flows.account_id, flows.at, flows.kind, flows.usd, flows.btc, flows.asset, flows.amount, "
        "flows.reference, flows.id, flows.source, flows.link, flows.counterpart, flows.note, flows.moved_at, "
        "flows.txid, flows.fee, flows.priced, flows.price FROM flows WHERE flows.account_id = ? AND flows.id "
        "= ? AND flows.source = 'manual'",
        binds="account_id id",
    ),
    Compiled(
        "SELECT flows.account_id, flows.at, flows.kind, flows.usd, flows.btc, flows.asset, flows.amount, "
        "flows.reference, flows.id, flows.source, flows.link, flows.counterpart, flows.note, flows.moved_at, "
        "flows.txid, flows.fee, flows.priced, flows.price FROM flows WHERE flows.account_id = $1::INTEGER AND "
        "flows.id = $2::BIGINT AND flows.source = 'manual'",
        binds="account_id id",
    ),
    columns=(
        "account_id at:moment kind usd:exact btc:exact asset amount:exact reference id source link "
        "counterpart note moved_at:moment txid fee:exact priced:flag price"
    ),
)

LIST_UNLINKED_FLOWS = Statement(
    "LIST_UNLINKED_FLOWS",
    Compiled(
        "SELECT flows.account_id, flows.at, flows.kind, flows.usd, flows.btc, flows.asset, flows.amount, "
        "flows.reference, flows.id, flows.source, flows.link, flows.counterpart, flows.note, flows.moved_at, "
        "flows.txid, flows.fee, flows.priced, flows.price FROM flows JOIN accounts ON accounts.id = "
        "flows.account_id WHERE accounts.user_id = ? AND flows.at > ? AND flows.at <= ? AND flows.link = '' "
        "AND flows.asset != '' AND flows.source IN ('exchange', 'manual') ORDER BY flows.at, flows.id",
        binds="user_id after:moment until:moment",
    ),
    Compiled(
        "SELECT flows.account_id, flows.at, flows.kind, flows.usd, flows.btc, flows.asset, flows.amount, "
        "flows.reference, flows.id, flows.source, flows.link, flows.counterpart, flows.note, flows.moved_at, "
        "flows.txid, flows.fee, flows.priced, flows.price FROM flows JOIN accounts ON accounts.id = "
        "flows.account_id WHERE accounts.user_id = $1::INTEGER AND flows.at > $2::TIMESTAMP WITH TIME ZONE "
        "AND flows.at <= $3::TIMESTAMP WITH TIME ZONE AND flows.link = '' AND flows.asset != '' AND "
        "flows.source IN ('exchange', 'manual') ORDER BY flows.at, flows.id",
        binds="user_id after:moment until:moment",
    ),
    columns=(
        "account_id at:moment kind usd:exact btc:exact asset amount:exact reference id source link "
        "counterpart note moved_at:moment txid fee:exact priced:flag price"
    ),
)

CHANGE_VERSION = Statement(
    "CHANGE_VERSION",
    Compiled(
        "UPDATE accounts SET updated_at=?, version=(accounts.version + 1) WHERE accounts.id = ?",
        binds="updated_at:moment id",
    ),
    Compiled(
        "UPDATE accounts SET updated_at=$1::TIMESTAMP WITH TIME ZONE, version=(accounts.version + 1) WHERE "
        "accounts.id = $2::INTEGER",
        binds="updated_at:moment id",
    ),
)

REMOVE_MANUAL_FLOW = Statement(
    "REMOVE_MANUAL_FLOW",
    Compiled(
        "DELETE FROM flows WHERE flows.account_id = ? AND flows.id = ? AND flows.source = 'manual'",
        binds="account_id id",
    ),
    Compiled(
        "DELETE FROM flows WHERE flows.account_id = $1::INTEGER AND flows.id = $2::BIGINT AND flows.source = 'manual'",
        binds="account_id id",
    ),
)

LINK_FLOW = Statement(
    "LINK_FLOW",
    Compiled(
        "UPDATE flows SET link=?, counterpart=? WHERE flows.account_id = ? AND flows.id = ? AND flows.link = ''",
        binds="link counterpart account_id id",
    ),
    Compiled(
        "UPDATE flows SET link=$1::VARCHAR, counterpart=$2::INTEGER WHERE flows.account_id = $3::INTEGER AND "
        "flows.id = $4::BIGINT AND flows.link = ''",
        binds="link counterpart account_id id",
    ),
)

UNLINK_COUNTERPART = Statement(
    "UNLINK_COUNTERPART",
    Compiled(
        "UPDATE flows SET link='', counterpart=NULL WHERE flows.counterpart = ?",
        binds="counterpart",
    ),
    Compiled(
        "UPDATE flows SET link='', counterpart=NULL WHERE flows.counterpart = $1::INTEGER",
        binds="counterpart",
    ),
)

UNLINK_TRANSFER = Statement(
    "UNLINK_TRANSFER",
    Compiled(
        "UPDATE flows SET link='', counterpart=NULL WHERE flows.link = ? AND flows.link != ''",
        binds="link",
    ),
    Compiled(
        "UPDATE flows SET link='', counterpart=NULL WHERE flows.link = $1::VARCHAR AND flows.link != ''",
        binds="link",
    ),
)

FIND_FLOW_READING = Statement(
    "FIND_FLOW_READING",
    Compiled(
        "SELECT flow_readings.since, flow_readings.asked_at, flow_readings.read_at, flow_readings.state, "
        "flow_readings.failure, flow_readings.reason, flow_readings.waiting FROM flow_readings WHERE "
        "flow_readings.account_id = ?",
        binds="account_id",
    ),
    Compiled(
        "SELECT flow_readings.since, flow_readings.asked_at, flow_readings.read_at, flow_readings.state, "
        "flow_readings.failure, flow_readings.reason, flow_readings.waiting FROM flow_readings WHERE "
        "flow_readings.account_id = $1::INTEGER",
        binds="account_id",
    ),
    columns="since:moment asked_at:moment read_at:moment state failure reason waiting",
)

PUT_FLOW_READING = Statement(
    "PUT_FLOW_READING",
    Compiled(
        "INSERT INTO flow_readings (account_id, since, read_at, asked_at, state, failure, reason, waiting) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account_id) DO UPDATE SET since = excluded.since, "
        "read_at = excluded.read_at, asked_at = excluded.asked_at, state = excluded.state, failure = "
        "excluded.failure, reason = excluded.reason, waiting = excluded.waiting",
        binds="account_id since:moment read_at:moment asked_at:moment state failure reason waiting",
    ),
    Compiled(
        "INSERT INTO flow_readings (account_id, since, read_at, asked_at, state, failure, reason, waiting) "
        "VALUES ($1::INTEGER, $2::TIMESTAMP WITH TIME ZONE, $3::TIMESTAMP WITH TIME ZONE, $4::TIMESTAMP WITH "
        "TIME ZONE, $5::VARCHAR, $6::VARCHAR, $7::VARCHAR, $8::VARCHAR) ON CONFLICT (account_id) DO UPDATE "
        "SET since = excluded.since, read_at = excluded.read_at, asked_at = excluded.asked_at, state = "
        "excluded.state, failure = excluded.failure, reason = excluded.reason, waiting = excluded.waiting",
        binds="account_id since:moment read_at:moment asked_at:moment state failure reason waiting",
    ),
)

LIST_SIGHTS = Statement(
    "LIST_SIGHTS",
    Compiled(
        "SELECT compositions.taken_at, compositions.body, snapshots.total_usd, snapshots.total_btc FROM "
        "compositions JOIN snapshots ON snapshots.account_id = compositions.account_id AND snapshots.taken_at "
        "= compositions.taken_at WHERE compositions.account_id = ? AND compositions.taken_at > ? AND "
        "compositions.taken_at <= ? ORDER BY compositions.taken_at LIMIT ? OFFSET 0",
        binds="account_id after:moment until:moment limit",
    ),
    Compiled(
        "SELECT compositions.taken_at, compositions.body, snapshots.total_usd, snapshots.total_btc FROM "
        "compositions JOIN snapshots ON snapshots.account_id = compositions.account_id AND snapshots.taken_at "
        "= compositions.taken_at WHERE compositions.account_id = $1::INTEGER AND compositions.taken_at > "
        "$2::TIMESTAMP WITH TIME ZONE AND compositions.taken_at <= $3::TIMESTAMP WITH TIME ZONE ORDER BY "
        "compositions.taken_at LIMIT $4::BIGINT OFFSET 0",
        binds="account_id after:moment until:moment limit",
    ),
    columns="taken_at:moment body total_usd:exact total_btc:exact",
)

LIST_LAST_SIGHTS = Statement(
    "LIST_LAST_SIGHTS",
    Compiled(
        "SELECT compositions.taken_at, compositions.body, snapshots.total_usd, snapshots.total_btc FROM "
        "compositions JOIN snapshots ON snapshots.account_id = compositions.account_id AND snapshots.taken_at "
        "= compositions.taken_at WHERE compositions.account_id = ? AND compositions.taken_at > ? AND "
        "compositions.taken_at <= ? ORDER BY compositions.taken_at DESC LIMIT ? OFFSET 0",
        binds="account_id after:moment until:moment limit",
    ),
    Compiled(
        "SELECT compositions.taken_at, compositions.body, snapshots.total_usd, snapshots.total_btc FROM "
        "compositions JOIN snapshots ON snapshots.account_id = compositions.account_id AND snapshots.taken_at "
        "= compositions.taken_at WHERE compositions.account_id = $1::INTEGER AND compositions.taken_at > "
        "$2::TIMESTAMP WITH TIME ZONE AND compositions.taken_at <= $3::TIMESTAMP WITH TIME ZONE ORDER BY "
        "compositions.taken_at DESC LIMIT $4::BIGINT OFFSET 0",
        binds="account_id after:moment until:moment limit",
    ),
    columns="taken_at:moment body total_usd:exact total_btc:exact",
)

LIST_TO_THIN = Statement(
    "LIST_TO_THIN",
    Compiled(
        "SELECT accounts.id, thinned.hourly_to, thinned.daily_to FROM accounts LEFT OUTER JOIN thinned ON "
        "thinned.account_id = accounts.id WHERE accounts.id > ? AND (thinned.account_id IS NULL OR "
        "thinned.hourly_to IS NULL OR thinned.daily_to IS NULL OR thinned.hourly_to < ? OR thinned.daily_to < "
        "?) ORDER BY accounts.id LIMIT ? OFFSET 0",
        binds="after hourly:moment daily:moment count",
    ),
    Compiled(
        "SELECT accounts.id, thinned.hourly_to, thinned.daily_to FROM accounts LEFT OUTER JOIN thinned ON "
        "thinned.account_id = accounts.id WHERE accounts.id > $1::INTEGER AND (thinned.account_id IS NULL OR "
        "thinned.hourly_to IS NULL OR thinned.daily_to IS NULL OR thinned.hourly_to < $2::TIMESTAMP WITH TIME "
        "ZONE OR thinned.daily_to < $3::TIMESTAMP WITH TIME ZONE) ORDER BY accounts.id LIMIT $4 OFFSET 0",
        binds="after hourly:moment daily:moment count",
    ),
    columns="id hourly_to:moment daily_to:moment",
)

LIST_MEASURED = Statement(
    "LIST_MEASURED",
    Compiled(
        "SELECT snapshots.taken_at FROM snapshots WHERE snapshots.account_id = ? AND snapshots.taken_at >= ? "
        "AND snapshots.taken_at < ? AND snapshots.taken_at > (SELECT own.taken_at FROM snapshots AS own WHERE "
        "own.account_id = ? AND own.origin = '' ORDER BY own.taken_at LIMIT 1 OFFSET 0) AND snapshots.origin "
        "= '' ORDER BY snapshots.taken_at LIMIT ? OFFSET 0",
        binds="account_id start:moment end:moment account_id count",
    ),
    Compiled(
        "SELECT snapshots.taken_at FROM snapshots WHERE snapshots.account_id = $1::INTEGER AND "
        "snapshots.taken_at >= $2::TIMESTAMP WITH TIME ZONE AND snapshots.taken_at < $3::TIMESTAMP WITH TIME "
        "ZONE AND snapshots.taken_at > (SELECT own.taken_at FROM snapshots AS own WHERE own.account_id = "
        "$1::INTEGER AND own.origin = '' ORDER BY own.taken_at LIMIT 1 OFFSET 0) AND snapshots.origin = '' "
        "ORDER BY snapshots.taken_at LIMIT $4 OFFSET 0",
        binds="account_id start:moment end:moment count",
    ),
    columns="taken_at:moment",
)

DROP_SNAPSHOTS = Statement(
    "DROP_SNAPSHOTS",
    Compiled(
        "DELETE FROM snapshots WHERE snapshots.account_id = ? AND snapshots.taken_at IN (SELECT "
        "CAST(moment.value AS INTEGER) AS value FROM json_each(?) AS moment)",
        binds="account_id moments:moments",
    ),
    Compiled(
        "DELETE FROM snapshots WHERE snapshots.account_id = $1::INTEGER AND snapshots.taken_at IN (SELECT "
        "CAST(moment.value AS TIMESTAMP WITH TIME ZONE) AS value FROM (SELECT unnest($2::TIMESTAMP WITH TIME "
        "ZONE[]) AS value) AS moment)",
        binds="account_id moments:moments",
    ),
)

PUT_THINNED = Statement(
    "PUT_THINNED",
    Compiled(
        "INSERT INTO thinned (account_id, hourly_to, daily_to) VALUES (?, ?, ?) ON CONFLICT (account_id) DO "
        "UPDATE SET hourly_to = excluded.hourly_to, daily_to = excluded.daily_to",
        binds="account_id hourly_to:moment daily_to:moment",
    ),
    Compiled(
        "INSERT INTO thinned (account_id, hourly_to, daily_to) VALUES ($1::INTEGER, $2::TIMESTAMP WITH TIME "
        "ZONE, $3::TIMESTAMP WITH TIME ZONE) ON CONFLICT (account_id) DO UPDATE SET hourly_to = "
        "excluded.hourly_to, daily_to = excluded.daily_to",
        binds="account_id hourly_to:moment daily_to:moment",
    ),
)

LIST_OLD_LOADS = Statement(
    "LIST_OLD_LOADS",
    Compiled(
        "SELECT loads.id FROM loads WHERE loads.account_id = ? AND (loads.finished_at < ? OR "
        "loads.finished_at <= (SELECT own_loads.finished_at FROM loads AS own_loads WHERE "
        "own_loads.account_id = ? ORDER BY own_loads.finished_at DESC LIMIT 1 OFFSET ?)) ORDER BY "
        "loads.finished_at LIMIT ? OFFSET 0",
        binds="account_id before:moment account_id most count",
    ),
    Compiled(
        "SELECT loads.id FROM loads WHERE loads.account_id = $1::INTEGER AND (loads.finished_at < "
        "$2::TIMESTAMP WITH TIME ZONE OR loads.finished_at <= (SELECT own_loads.finished_at FROM loads AS "
        "own_loads WHERE own_loads.account_id = $1::INTEGER ORDER BY own_loads.finished_at DESC LIMIT 1 "
        "OFFSET $3)) ORDER BY loads.finished_at LIMIT $4 OFFSET 0",
        binds="account_id before:moment most count",
    ),
    columns="id",
)

DROP_LOADS = Statement(
    "DROP_LOADS",
    Compiled(
        "DELETE FROM loads WHERE loads.id IN (SELECT CAST(item.value AS BIGINT) AS value FROM json_each(?) AS item)",
        binds="ids:ids",
    ),
    Compiled(
        "DELETE FROM loads WHERE loads.id IN (SELECT CAST(item.value AS BIGINT) AS value FROM (SELECT "
        "unnest($1::BIGINT[]) AS value) AS item)",
        binds="ids:ids",
    ),
)

FIND_FIRST_MEASURED = Statement(
    "FIND_FIRST_MEASURED",
    Compiled(
        "SELECT snapshots.account_id, snapshots.taken_at, snapshots.total_usd, snapshots.total_btc, "
        "snapshots.complete, snapshots.origin FROM snapshots WHERE snapshots.account_id = ? AND "
        "snapshots.origin = '' ORDER BY snapshots.taken_at LIMIT 1 OFFSET 0",
        binds="account_id",
    ),
    Compiled(
        "SELECT snapshots.account_id, snapshots.taken_at, snapshots.total_usd, snapshots.total_btc, "
        "snapshots.complete, snapshots.origin FROM snapshots WHERE snapshots.account_id = $1::INTEGER AND "
        "snapshots.origin = '' ORDER BY snapshots.taken_at LIMIT 1 OFFSET 0",
        binds="account_id",
    ),
    columns="account_id taken_at:moment total_usd:exact total_btc:exact complete:flag origin",
)

LIST_IMPORTED = Statement(
    "LIST_IMPORTED",
    Compiled(
        "SELECT snapshots.account_id, snapshots.taken_at, snapshots.total_usd, snapshots.total_btc, "
        "snapshots.complete, snapshots.origin FROM snapshots WHERE snapshots.account_id = ? AND "
        "snapshots.origin != '' ORDER BY snapshots.taken_at",
        binds="account_id",
    ),
    Compiled(
        "SELECT snapshots.account_id, snapshots.taken_at, snapshots.total_usd, snapshots.total_btc, "
        "snapshots.complete, snapshots.origin FROM snapshots WHERE snapshots.account_id = $1::INTEGER AND "
        "snapshots.origin != '' ORDER BY snapshots.taken_at",
        binds="account_id",
    ),
    columns="account_id taken_at:moment total_usd:exact total_btc:exact complete:flag origin",
)

DROP_IMPORTED = Statement(
    "DROP_IMPORTED",
    Compiled(
        "DELETE FROM snapshots WHERE snapshots.account_id = ? AND snapshots.origin != ''",
        binds="account_id",
    ),
    Compiled(
        "DELETE FROM snapshots WHERE snapshots.account_id = $1::INTEGER AND snapshots.origin != ''",
        binds="account_id",
    ),
)

ADD_IMPORTED = Statement(
    "ADD_IMPORTED",
    Compiled(
        "INSERT INTO snapshots (account_id, taken_at, total_usd, total_btc, net_deposits_usd, "
        "net_deposits_btc, complete, origin) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        binds=(
            "account_id taken_at:moment total_usd:exact total_btc:exact net_deposits_usd:exact "
            "net_deposits_btc:exact complete:flag origin"
        ),
    ),
    Compiled(
        "INSERT INTO snapshots (account_id, taken_at, total_usd, total_btc, net_deposits_usd, "
        "net_deposits_btc, complete, origin) VALUES ($1::INTEGER, $2::TIMESTAMP WITH TIME ZONE, $3::NUMERIC, "
        "$4::NUMERIC, $5::NUMERIC, $6::NUMERIC, $7::BOOLEAN, $8::VARCHAR)",
        binds=(
            "account_id taken_at:moment total_usd:exact total_btc:exact net_deposits_usd:exact "
            "net_deposits_btc:exact complete:flag origin"
        ),
    ),
)

DROP_IMPORTED_FLOWS = Statement(
    "DROP_IMPORTED_FLOWS",
    Compiled(
        "DELETE FROM flows WHERE flows.account_id = ? AND flows.source = 'import'",
        binds="account_id",
    ),
    Compiled(
        "DELETE FROM flows WHERE flows.account_id = $1::INTEGER AND flows.source = 'import'",
        binds="account_id",
    ),
)

ADD_IMPORTED_FLOW = Statement(
    "ADD_IMPORTED_FLOW",
    Compiled(
        "INSERT INTO flows (account_id, at, kind, usd, btc, asset, amount, reference, source, link, "
        "counterpart, note, moved_at, txid, fee, priced, price) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?)",
        binds=(
            "account_id at:moment kind usd:exact btc:exact asset amount:exact reference source link counterpart "
            "note moved_at:moment txid fee:exact priced:flag price"
        ),
    ),
    Compiled(
        "INSERT INTO flows (account_id, at, kind, usd, btc, asset, amount, reference, source, link, "
        "counterpart, note, moved_at, txid, fee, priced, price) VALUES ($1::INTEGER, $2::TIMESTAMP WITH TIME "
        "ZONE, $3::VARCHAR, $4::NUMERIC, $5::NUMERIC, $6::VARCHAR, $7::NUMERIC, $8::VARCHAR, $9::VARCHAR, "
        "$10::VARCHAR, $11::INTEGER, $12::VARCHAR, $13::TIMESTAMP WITH TIME ZONE, $14::VARCHAR, $15::NUMERIC, "
        "$16::BOOLEAN, $17::VARCHAR) RETURNING flows.id",
        binds=(
            "account_id at:moment kind usd:exact btc:exact asset amount:exact reference source link counterpart "
            "note moved_at:moment txid fee:exact priced:flag price"
        ),
    ),
)

MOVE_NET_DEPOSITS = Statement(
    "MOVE_NET_DEPOSITS",
    Compiled(
        "UPDATE accounts SET updated_at=?, net_deposits_usd=exact_sum(accounts.net_deposits_usd, ?), "
        "net_deposits_btc=exact_sum(accounts.net_deposits_btc, ?), version=(accounts.version + 1) WHERE "
        "accounts.id = ?",
        binds="updated_at:moment usd:exact btc:exact id",
    ),
    Compiled(
        "UPDATE accounts SET updated_at=$1::TIMESTAMP WITH TIME ZONE, "
        "net_deposits_usd=(accounts.net_deposits_usd + $2::NUMERIC), "
        "net_deposits_btc=(accounts.net_deposits_btc + $3::NUMERIC), version=(accounts.version + 1) WHERE "
        "accounts.id = $4::INTEGER",
        binds="updated_at:moment usd:exact btc:exact id",
    ),
)

DROP_PAPER_BALANCES = Statement(
    "DROP_PAPER_BALANCES",
    Compiled(
        "DELETE FROM paper_balances WHERE paper_balances.account_id = ?",
        binds="account_id",
    ),
    Compiled(
        "DELETE FROM paper_balances WHERE paper_balances.account_id = $1::INTEGER",
        binds="account_id",
    ),
)

LIST_ALL_PAPER_BALANCES = Statement(
    "LIST_ALL_PAPER_BALANCES",
    Compiled(
        "SELECT accounts.id, accounts.name, accounts.market_code, paper_balances.asset, paper_balances.amount "
        "FROM accounts LEFT OUTER JOIN paper_balances ON paper_balances.account_id = accounts.id WHERE "
        "accounts.user_id = ? AND accounts.market_code = 'paper_trading' ORDER BY accounts.id, "
        "paper_balances.position",
        binds="user_id",
    ),
    Compiled(
        "SELECT accounts.id, accounts.name, accounts.market_code, paper_balances.asset, paper_balances.amount "
        "FROM accounts LEFT OUTER JOIN paper_balances ON paper_balances.account_id = accounts.id WHERE "
        "accounts.user_id = $1::INTEGER AND accounts.market_code = 'paper_trading' ORDER BY accounts.id, "
        "paper_balances.position",
        binds="user_id",
    ),
    columns="id name market_code asset amount:exact",
)

ADD_PAPER_TRADE = Statement(
    "ADD_PAPER_TRADE",
    Compiled(
        "INSERT INTO paper_trades (account_id, at, kind, sold, amount, bought, gross, fee, usd, btc) VALUES "
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        binds="account_id at:moment kind sold amount:exact bought gross:exact fee:exact usd:exact btc:exact",
    ),
    Compiled(
        "INSERT INTO paper_trades (account_id, at, kind, sold, amount, bought, gross, fee, usd, btc) VALUES "
        "($1::INTEGER, $2::TIMESTAMP WITH TIME ZONE, $3::VARCHAR, $4::VARCHAR, $5::NUMERIC, $6::VARCHAR, "
        "$7::NUMERIC, $8::NUMERIC, $9::NUMERIC, $10::NUMERIC) RETURNING paper_trades.id",
        binds="account_id at:moment kind sold amount:exact bought gross:exact fee:exact usd:exact btc:exact",
    ),
)

FIND_LAST_PAPER_TRADE = Statement(
    "FIND_LAST_PAPER_TRADE",
    Compiled(
        "SELECT max(paper_trades.at) AS at FROM paper_trades WHERE paper_trades.account_id = ? AND "
        "paper_trades.kind = ?",
        binds="account_id kind",
    ),
    Compiled(
        "SELECT max(paper_trades.at) AS at FROM paper_trades WHERE paper_trades.account_id = $1::INTEGER AND "
        "paper_trades.kind = $2::VARCHAR",
        binds="account_id kind",
    ),
    columns="at:moment",
)

ADD_TRANSFER = Statement(
    "ADD_TRANSFER",
    Compiled(
        "INSERT INTO transfers (account_id, id, at, asset, amount, counterpart) VALUES (?, ?, ?, ?, ?, ?)",
        binds="account_id id at:moment asset amount:exact counterpart",
    ),
    Compiled(
        "INSERT INTO transfers (account_id, id, at, asset, amount, counterpart) VALUES ($1::INTEGER, "
        "$2::INTEGER, $3::TIMESTAMP WITH TIME ZONE, $4::VARCHAR, $5::NUMERIC, $6::INTEGER)",
        binds="account_id id at:moment asset amount:exact counterpart",
    ),
)

LIST_TRANSFERS = Statement(
    "LIST_TRANSFERS",
    Compiled(
        "SELECT transfers.account_id, transfers.id, transfers.at, transfers.asset, transfers.amount, "
        "transfers.counterpart FROM transfers WHERE transfers.account_id = ? AND transfers.asset = ? AND "
        "transfers.at >= ? ORDER BY transfers.id DESC LIMIT ? OFFSET ?",
        binds="account_id asset since:moment limit offset",
    ),
    Compiled(
        "SELECT transfers.account_id, transfers.id, transfers.at, transfers.asset, transfers.amount, "
        "transfers.counterpart FROM transfers WHERE transfers.account_id = $1::INTEGER AND transfers.asset = "
        "$2::VARCHAR AND transfers.at >= $3::TIMESTAMP WITH TIME ZONE ORDER BY transfers.id DESC LIMIT "
        "$4::BIGINT OFFSET $5::BIGINT",
        binds="account_id asset since:moment limit offset",
    ),
    columns="account_id id at:moment asset amount:exact counterpart",
)

ADD_VOLUME = Statement(
    "ADD_VOLUME",
    Compiled(
        "INSERT INTO volumes (account_id, day, usd, btc, trades, approximate) VALUES (?, ?, ?, ?, ?, ?) ON "
        "CONFLICT (account_id, day) DO UPDATE SET usd = exact_sum(volumes.usd, excluded.usd), btc = "
        "exact_sum(volumes.btc, excluded.btc), trades = (volumes.trades + excluded.trades), approximate = "
        "(volumes.approximate OR excluded.approximate)",
        binds="account_id day:moment usd:exact btc:exact trades approximate:flag",
    ),
    Compiled(
        "INSERT INTO volumes (account_id, day, usd, btc, trades, approximate) VALUES ($1::INTEGER, "
        "$2::TIMESTAMP WITH TIME ZONE, $3::NUMERIC, $4::NUMERIC, $5::INTEGER, $6::BOOLEAN) ON CONFLICT "
        "(account_id, day) DO UPDATE SET usd = (volumes.usd + excluded.usd), btc = (volumes.btc + "
        "excluded.btc), trades = (volumes.trades + excluded.trades), approximate = (volumes.approximate OR "
        "excluded.approximate)",
        binds="account_id day:moment usd:exact btc:exact trades approximate:flag",
    ),
)

LIST_VOLUMES = Statement(
    "LIST_VOLUMES",
    Compiled(
        "SELECT volumes.day, volumes.usd, volumes.btc, volumes.trades, volumes.approximate FROM volumes WHERE "
        "volumes.account_id = ? AND volumes.day >= ? AND volumes.day < ? ORDER BY volumes.day",
        binds="account_id start:moment end:moment",
    ),
    Compiled(
        "SELECT volumes.day, volumes.usd, volumes.btc, volumes.trades, volumes.approximate FROM volumes WHERE "
        "volumes.account_id = $1::INTEGER AND volumes.day >= $2::TIMESTAMP WITH TIME ZONE AND volumes.day < "
        "$3::TIMESTAMP WITH TIME ZONE ORDER BY volumes.day",
        binds="account_id start:moment end:moment",
    ),
    columns="day:moment usd:exact btc:exact trades approximate:flag",
)

FIND_TRADE_READING = Statement(
    "FIND_TRADE_READING",
    Compiled(
        "SELECT trade_readings.read_at, trade_readings.cursors, trade_readings.complete, "
        "trade_readings.version FROM trade_readings WHERE trade_readings.account_id = ?",
        binds="account_id",
    ),
    Compiled(
        "SELECT trade_readings.read_at, trade_readings.cursors, trade_readings.complete, "
        "trade_readings.version FROM trade_readings WHERE trade_readings.account_id = $1::INTEGER",
        binds="account_id",
    ),
    columns="read_at:moment cursors complete:flag version",
)

START_TRADE_READING = Statement(
    "START_TRADE_READING",
    Compiled(
        "INSERT INTO trade_readings (account_id, read_at, cursors, complete, version) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (account_id) DO NOTHING",
        binds="account_id read_at:moment cursors complete:flag version",
    ),
    Compiled(
        "INSERT INTO trade_readings (account_id, read_at, cursors, complete, version) VALUES ($1::INTEGER, "
        "$2::TIMESTAMP WITH TIME ZONE, $3::VARCHAR, $4::BOOLEAN, $5::BIGINT) ON CONFLICT (account_id) DO "
        "NOTHING",
        binds="account_id read_at:moment cursors complete:flag version",
    ),
)

SET_TRADE_READING = Statement(
    "SET_TRADE_READING",
    Compiled(
        "UPDATE trade_readings SET read_at=?, cursors=?, complete=?, version=(trade_readings.version + 1) "
        "WHERE trade_readings.account_id = ? AND trade_readings.version = ? RETURNING version",
        binds="read_at:moment cursors complete:flag account_id version",
    ),
    Compiled(
        "UPDATE trade_readings SET read_at=$1::TIMESTAMP WITH TIME ZONE, cursors=$2::VARCHAR, "
        "complete=$3::BOOLEAN, version=(trade_readings.version + 1) WHERE trade_readings.account_id = "
        "$4::INTEGER AND trade_readings.version = $5::BIGINT RETURNING trade_readings.version",
        binds="read_at:moment cursors complete:flag account_id version",
    ),
    columns="version",
)

LIST_COMPOSITIONS = Statement(
    "LIST_COMPOSITIONS",
    Compiled(
        "SELECT compositions.body FROM compositions WHERE compositions.account_id = ? AND compositions.taken_at > ?",
        binds="account_id after:moment",
    ),
    Compiled(
        "SELECT compositions.body FROM compositions WHERE compositions.account_id = $1::INTEGER AND "
        "compositions.taken_at > $2::TIMESTAMP WITH TIME ZONE",
        binds="account_id after:moment",
    ),
    columns="body",
)

LIST_WRAPPED = Statement(
    "LIST_WRAPPED",
    Compiled(
        "SELECT vault_keys.master_id, vault_keys.wrapped FROM vault_keys ORDER BY vault_keys.master_id",
    ),
    Compiled(
        "SELECT vault_keys.master_id, vault_keys.wrapped FROM vault_keys ORDER BY vault_keys.master_id",
    ),
    columns="master_id wrapped",
)

FIND_WRAPPED = Statement(
    "FIND_WRAPPED",
    Compiled(
        "SELECT vault_keys.wrapped FROM vault_keys WHERE vault_keys.master_id = ?",
        binds="master_id",
    ),
    Compiled(
        "SELECT vault_keys.wrapped FROM vault_keys WHERE vault_keys.master_id = $1::VARCHAR",
        binds="master_id",
    ),
    columns="wrapped",
)

LOCK_WRAPPED = Statement(
    "LOCK_WRAPPED",
    Compiled(
        "SELECT vault_keys.wrapped FROM vault_keys WHERE vault_keys.master_id = ?",
        binds="master_id",
    ),
    Compiled(
        "SELECT vault_keys.wrapped FROM vault_keys WHERE vault_keys.master_id = $1::VARCHAR FOR UPDATE",
        binds="master_id",
    ),
    columns="wrapped",
)

ADD_FIRST_WRAPPED = Statement(
    "ADD_FIRST_WRAPPED",
    Compiled(
        "INSERT INTO vault_keys (master_id, wrapped) SELECT ? AS anon_1, ? AS anon_2 WHERE NOT (EXISTS "
        "(SELECT 1 FROM vault_keys))",
        binds="master_id wrapped",
    ),
    Compiled(
        "INSERT INTO vault_keys (master_id, wrapped) SELECT $1::VARCHAR AS anon_1, $2::BYTEA AS anon_2 WHERE "
        "NOT (EXISTS (SELECT 1 FROM vault_keys))",
        binds="master_id wrapped",
    ),
)

PUT_WRAPPED = Statement(
    "PUT_WRAPPED",
    Compiled(
        "INSERT INTO vault_keys (master_id, wrapped) VALUES (?, ?) ON CONFLICT (master_id) DO UPDATE SET "
        "wrapped = excluded.wrapped",
        binds="master_id wrapped",
    ),
    Compiled(
        "INSERT INTO vault_keys (master_id, wrapped) VALUES ($1::VARCHAR, $2::BYTEA) ON CONFLICT (master_id) "
        "DO UPDATE SET wrapped = excluded.wrapped",
        binds="master_id wrapped",
    ),
)

DROP_OTHER_WRAPPED = Statement(
    "DROP_OTHER_WRAPPED",
    Compiled(
        "DELETE FROM vault_keys WHERE vault_keys.master_id != ?",
        binds="master_id",
    ),
    Compiled(
        "DELETE FROM vault_keys WHERE vault_keys.master_id != $1::VARCHAR",
        binds="master_id",
    ),
)

FIND_PASSWORD = Statement(
    "FIND_PASSWORD",
    Compiled(
        "SELECT passwords.hash FROM passwords WHERE passwords.user_id = ?",
        binds="user_id",
    ),
    Compiled(
        "SELECT passwords.hash FROM passwords WHERE passwords.user_id = $1::INTEGER",
        binds="user_id",
    ),
    columns="hash",
)

SET_PASSWORD = Statement(
    "SET_PASSWORD",
    Compiled(
        "INSERT INTO passwords (user_id, hash, changed_at) VALUES (?, ?, ?) ON CONFLICT (user_id) DO UPDATE "
        "SET hash = excluded.hash, changed_at = excluded.changed_at",
        binds="user_id hash changed_at:moment",
    ),
    Compiled(
        "INSERT INTO passwords (user_id, hash, changed_at) VALUES ($1::INTEGER, $2::VARCHAR, $3::TIMESTAMP "
        "WITH TIME ZONE) ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = "
        "excluded.changed_at",
        binds="user_id hash changed_at:moment",
    ),
)

RENEW_HASH = Statement(
    "RENEW_HASH",
    Compiled(
        "UPDATE passwords SET hash=? WHERE passwords.user_id = ? AND passwords.hash = ?",
        binds="hash user_id former",
    ),
    Compiled(
        "UPDATE passwords SET hash=$1::VARCHAR WHERE passwords.user_id = $2::INTEGER AND passwords.hash = $3::VARCHAR",
        binds="hash user_id former",
    ),
)

ADD_WEB_SESSION = Statement(
    "ADD_WEB_SESSION",
    Compiled(
        "INSERT INTO web_sessions (user_id, token, created_at, seen_at, confirmed_at, address, agent, method) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        binds="user_id token created_at:moment seen_at:moment confirmed_at:moment address agent method",
    ),
    Compiled(
        "INSERT INTO web_sessions (user_id, token, created_at, seen_at, confirmed_at, address, agent, method) "
        "VALUES ($1::INTEGER, $2::VARCHAR, $3::TIMESTAMP WITH TIME ZONE, $4::TIMESTAMP WITH TIME ZONE, "
        "$5::TIMESTAMP WITH TIME ZONE, $6::VARCHAR, $7::VARCHAR, $8::VARCHAR) RETURNING web_sessions.id",
        binds="user_id token created_at:moment seen_at:moment confirmed_at:moment address agent method",
    ),
    columns="id",
)

FIND_WEB_SESSION = Statement(
    "FIND_WEB_SESSION",
    Compiled(
        "SELECT web_sessions.id, web_sessions.user_id, web_sessions.created_at, web_sessions.seen_at, "
        "web_sessions.confirmed_at, web_sessions.address, web_sessions.agent, web_sessions.method FROM "
        "web_sessions WHERE web_sessions.token = ?",
        binds="token",
    ),
    Compiled(
        "SELECT web_sessions.id, web_sessions.user_id, web_sessions.created_at, web_sessions.seen_at, "
        "web_sessions.confirmed_at, web_sessions.address, web_sessions.agent, web_sessions.method FROM "
        "web_sessions WHERE web_sessions.token = $1::VARCHAR",
        binds="token",
    ),
    columns="id user_id created_at:moment seen_at:moment confirmed_at:moment address agent method",
)

LIST_WEB_SESSIONS = Statement(
    "LIST_WEB_SESSIONS",
    Compiled(
        "SELECT web_sessions.id, web_sessions.user_id, web_sessions.created_at, web_sessions.seen_at, "
        "web_sessions.confirmed_at, web_sessions.address, web_sessions.agent, web_sessions.method FROM "
        "web_sessions WHERE web_sessions.user_id = ? ORDER BY web_sessions.seen_at DESC, web_sessions.id DESC",
        binds="user_id",
    ),
    Compiled(
        "SELECT web_sessions.id, web_sessions.user_id, web_sessions.created_at, web_sessions.seen_at, "
        "web_sessions.confirmed_at, web_sessions.address, web_sessions.agent, web_sessions.method FROM "
        "web_sessions WHERE web_sessions.user_id = $1::INTEGER ORDER BY web_sessions.seen_at DESC, "
        "web_sessions.id DESC",
        binds="user_id",
    ),
    columns="id user_id created_at:moment seen_at:moment confirmed_at:moment address agent method",
)

TOUCH_WEB_SESSION = Statement(
    "TOUCH_WEB_SESSION",
    Compiled(
        "UPDATE web_sessions SET seen_at=? WHERE web_sessions.id = ? AND web_sessions.seen_at < ?",
        binds="seen_at:moment id at:moment",
    ),
    Compiled(
        "UPDATE web_sessions SET seen_at=$1::TIMESTAMP WITH TIME ZONE WHERE web_sessions.id = $2::BIGINT AND "
        "web_sessions.seen_at < $3::TIMESTAMP WITH TIME ZONE",
        binds="seen_at:moment id at:moment",
    ),
)

CONFIRM_WEB_SESSION = Statement(
    "CONFIRM_WEB_SESSION",
    Compiled(
        "UPDATE web_sessions SET confirmed_at=? WHERE web_sessions.id = ?",
        binds="confirmed_at:moment id",
    ),
    Compiled(
        "UPDATE web_sessions SET confirmed_at=$1::TIMESTAMP WITH TIME ZONE WHERE web_sessions.id = $2::BIGINT",
        binds="confirmed_at:moment id",
    ),
)

END_WEB_SESSION = Statement(
    "END_WEB_SESSION",
    Compiled(
        "DELETE FROM web_sessions WHERE web_sessions.user_id = ? AND web_sessions.id = ?",
        binds="user_id id",
    ),
    Compiled(
        "DELETE FROM web_sessions WHERE web_sessions.user_id = $1::INTEGER AND web_sessions.id = $2::BIGINT",
        binds="user_id id",
    ),
)

END_OTHER_WEB_SESSIONS = Statement(
    "END_OTHER_WEB_SESSIONS",
    Compiled(
        "DELETE FROM web_sessions WHERE web_sessions.user_id = ? AND web_sessions.id != ?",
        binds="user_id keep",
    ),
    Compiled(
        "DELETE FROM web_sessions WHERE web_sessions.user_id = $1::INTEGER AND web_sessions.id != $2::BIGINT",
        binds="user_id keep",
    ),
)

DROP_WEB_SESSIONS = Statement(
    "DROP_WEB_SESSIONS",
    Compiled(
        "DELETE FROM web_sessions WHERE web_sessions.seen_at < ? OR web_sessions.created_at < ?",
        binds="seen_before:moment created_before:moment",
    ),
    Compiled(
        "DELETE FROM web_sessions WHERE web_sessions.seen_at < $1::TIMESTAMP WITH TIME ZONE OR "
        "web_sessions.created_at < $2::TIMESTAMP WITH TIME ZONE",
        binds="seen_before:moment created_before:moment",
    ),
)

ADD_WEB_DEVICE = Statement(
    "ADD_WEB_DEVICE",
    Compiled(
        "INSERT INTO web_devices (token, user_id, seen_at) VALUES (?, ?, ?) ON CONFLICT (token) DO UPDATE SET "
        "user_id = excluded.user_id, seen_at = excluded.seen_at",
        binds="token user_id seen_at:moment",
    ),
    Compiled(
        "INSERT INTO web_devices (token, user_id, seen_at) VALUES ($1::VARCHAR, $2::INTEGER, $3::TIMESTAMP "
        "WITH TIME ZONE) ON CONFLICT (token) DO UPDATE SET user_id = excluded.user_id, seen_at = "
        "excluded.seen_at",
        binds="token user_id seen_at:moment",
    ),
)

FIND_WEB_DEVICE = Statement(
    "FIND_WEB_DEVICE",
    Compiled(
        "SELECT web_devices.seen_at FROM web_devices WHERE web_devices.token = ? AND web_devices.user_id = ?",
        binds="token user_id",
    ),
    Compiled(
        "SELECT web_devices.seen_at FROM web_devices WHERE web_devices.token = $1::VARCHAR AND "
        "web_devices.user_id = $2::INTEGER",
        binds="token user_id",
    ),
    columns="seen_at:moment",
)

FORGET_WEB_DEVICES = Statement(
    "FORGET_WEB_DEVICES",
    Compiled(
        "DELETE FROM web_devices WHERE web_devices.user_id = ?",
        binds="user_id",
    ),
    Compiled(
        "DELETE FROM web_devices WHERE web_devices.user_id = $1::INTEGER",
        binds="user_id",
    ),
)

ADD_CODE = Statement(
    "ADD_CODE",
    Compiled(
        "INSERT INTO one_time_codes (code, kind, user_id, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
        binds="code kind user_id created_at:moment expires_at:moment",
    ),
    Compiled(
        "INSERT INTO one_time_codes (code, kind, user_id, created_at, expires_at) VALUES ($1::VARCHAR, "
        "$2::VARCHAR, $3::INTEGER, $4::TIMESTAMP WITH TIME ZONE, $5::TIMESTAMP WITH TIME ZONE)",
        binds="code kind user_id created_at:moment expires_at:moment",
    ),
)

FIND_CODE = Statement(
    "FIND_CODE",
    Compiled(
        "SELECT one_time_codes.user_id FROM one_time_codes WHERE one_time_codes.code = ? AND "
        "one_time_codes.kind = ? AND one_time_codes.expires_at > ?",
        binds="code kind now:moment",
    ),
    Compiled(
        "SELECT one_time_codes.user_id FROM one_time_codes WHERE one_time_codes.code = $1::VARCHAR AND "
        "one_time_codes.kind = $2::VARCHAR AND one_time_codes.expires_at > $3::TIMESTAMP WITH TIME ZONE",
        binds="code kind now:moment",
    ),
    columns="user_id",
)

TAKE_CODE = Statement(
    "TAKE_CODE",
    Compiled(
        "DELETE FROM one_time_codes WHERE one_time_codes.code = ? AND one_time_codes.kind = ? AND "
        "one_time_codes.expires_at > ? RETURNING user_id",
        binds="code kind now:moment",
    ),
    Compiled(
        "DELETE FROM one_time_codes WHERE one_time_codes.code = $1::VARCHAR AND one_time_codes.kind = "
        "$2::VARCHAR AND one_time_codes.expires_at > $3::TIMESTAMP WITH TIME ZONE RETURNING "
        "one_time_codes.user_id",
        binds="code kind now:moment",
    ),
    columns="user_id",
)

DROP_CODES_OF = Statement(
    "DROP_CODES_OF",
    Compiled(
        "DELETE FROM one_time_codes WHERE one_time_codes.user_id = ? AND one_time_codes.kind = ?",
        binds="user_id kind",
    ),
    Compiled(
        "DELETE FROM one_time_codes WHERE one_time_codes.user_id = $1::INTEGER AND one_time_codes.kind = $2::VARCHAR",
        binds="user_id kind",
    ),
)

DROP_CODES = Statement(
    "DROP_CODES",
    Compiled(
        "DELETE FROM one_time_codes WHERE one_time_codes.expires_at <= ?",
        binds="now:moment",
    ),
    Compiled(
        "DELETE FROM one_time_codes WHERE one_time_codes.expires_at <= $1::TIMESTAMP WITH TIME ZONE",
        binds="now:moment",
    ),
)

ADD_PASSKEY = Statement(
    "ADD_PASSKEY",
    Compiled(
        "INSERT INTO passkeys (user_id, name, credential_id, public_key, sign_count, created_at, "
        "last_used_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        binds="user_id name credential_id public_key sign_count created_at:moment last_used_at:moment",
    ),
    Compiled(
        "INSERT INTO passkeys (user_id, name, credential_id, public_key, sign_count, created_at, "
        "last_used_at) VALUES ($1::INTEGER, $2::VARCHAR, $3::BYTEA, $4::BYTEA, $5::BIGINT, $6::TIMESTAMP WITH "
        "TIME ZONE, $7::TIMESTAMP WITH TIME ZONE) RETURNING passkeys.id",
        binds="user_id name credential_id public_key sign_count created_at:moment last_used_at:moment",
    ),
)

FIND_PASSKEY = Statement(
    "FIND_PASSKEY",
    Compiled(
        "SELECT passkeys.id, passkeys.user_id, passkeys.name, passkeys.credential_id, passkeys.public_key, "
        "passkeys.sign_count, passkeys.created_at, passkeys.last_used_at FROM passkeys WHERE "
        "passkeys.credential_id = ?",
        binds="credential_id",
    ),
    Compiled(
        "SELECT passkeys.id, passkeys.user_id, passkeys.name, passkeys.credential_id, passkeys.public_key, "
        "passkeys.sign_count, passkeys.created_at, passkeys.last_used_at FROM passkeys WHERE "
        "passkeys.credential_id = $1::BYTEA",
        binds="credential_id",
    ),
    columns="id user_id name credential_id public_key sign_count created_at:moment last_used_at:moment",
)

LIST_PASSKEYS = Statement(
    "LIST_PASSKEYS",
    Compiled(
        "SELECT passkeys.id, passkeys.user_id, passkeys.name, passkeys.credential_id, passkeys.public_key, "
        "passkeys.sign_count, passkeys.created_at, passkeys.last_used_at FROM passkeys WHERE passkeys.user_id "
        "= ? ORDER BY passkeys.id",
        binds="user_id",
    ),
    Compiled(
        "SELECT passkeys.id, passkeys.user_id, passkeys.name, passkeys.credential_id, passkeys.public_key, "
        "passkeys.sign_count, passkeys.created_at, passkeys.last_used_at FROM passkeys WHERE passkeys.user_id "
        "= $1::INTEGER ORDER BY passkeys.id",
        binds="user_id",
    ),
    columns="id user_id name credential_id public_key sign_count created_at:moment last_used_at:moment",
)

RENAME_PASSKEY = Statement(
    "RENAME_PASSKEY",
    Compiled(
        "UPDATE passkeys SET name=? WHERE passkeys.user_id = ? AND passkeys.id = ?",
        binds="name user_id id",
    ),
    Compiled(
        "UPDATE passkeys SET name=$1::VARCHAR WHERE passkeys.user_id = $2::INTEGER AND passkeys.id = $3::BIGINT",
        binds="name user_id id",
    ),
)

REMOVE_PASSKEY = Statement(
    "REMOVE_PASSKEY",
    Compiled(
        "DELETE FROM passkeys WHERE passkeys.user_id = ? AND passkeys.id = ?",
        binds="user_id id",
    ),
    Compiled(
        "DELETE FROM passkeys WHERE passkeys.user_id = $1::INTEGER AND passkeys.id = $2::BIGINT",
        binds="user_id id",
    ),
)

RECORD_PASSKEY_USE = Statement(
    "RECORD_PASSKEY_USE",
    Compiled(
        "UPDATE passkeys SET sign_count=?, last_used_at=? WHERE passkeys.id = ? AND passkeys.sign_count = ?",
        binds="sign_count last_used_at:moment id former",
    ),
    Compiled(
        "UPDATE passkeys SET sign_count=$1::BIGINT, last_used_at=$2::TIMESTAMP WITH TIME ZONE WHERE "
        "passkeys.id = $3::BIGINT AND passkeys.sign_count = $4::BIGINT",
        binds="sign_count last_used_at:moment id former",
    ),
)

TAKE_ATTEMPT = Statement(
    "TAKE_ATTEMPT",
    Compiled(
        "INSERT INTO throttles (who, clears_at) VALUES (?, ?) ON CONFLICT (who) DO UPDATE SET clears_at = "
        "(CASE WHEN (throttles.clears_at > ?) THEN throttles.clears_at ELSE ? END + ?) WHERE "
        "throttles.clears_at <= ? RETURNING clears_at",
        binds="who first now now cost latest",
    ),
    Compiled(
        "INSERT INTO throttles (who, clears_at) VALUES ($1::VARCHAR, $2::BIGINT) ON CONFLICT (who) DO UPDATE "
        "SET clears_at = (CASE WHEN (throttles.clears_at > $3::BIGINT) THEN throttles.clears_at ELSE "
        "$3::BIGINT END + $4::BIGINT) WHERE throttles.clears_at <= $5::BIGINT RETURNING throttles.clears_at",
        binds="who first now cost latest",
    ),
    columns="clears_at",
)

FIND_ATTEMPTS = Statement(
    "FIND_ATTEMPTS",
    Compiled(
        "SELECT throttles.clears_at FROM throttles WHERE throttles.who = ?",
        binds="who",
    ),
    Compiled(
        "SELECT throttles.clears_at FROM throttles WHERE throttles.who = $1::VARCHAR",
        binds="who",
    ),
    columns="clears_at",
)

GIVE_ATTEMPT_BACK = Statement(
    "GIVE_ATTEMPT_BACK",
    Compiled(
        "UPDATE throttles SET clears_at=(throttles.clears_at - ?) WHERE throttles.who = ?",
        binds="cost who",
    ),
    Compiled(
        "UPDATE throttles SET clears_at=(throttles.clears_at - $1::BIGINT) WHERE throttles.who = $2::VARCHAR",
        binds="cost who",
    ),
)

FORGET_ATTEMPTS = Statement(
    "FORGET_ATTEMPTS",
    Compiled(
        "DELETE FROM throttles WHERE throttles.who = ?",
        binds="who",
    ),
    Compiled(
        "DELETE FROM throttles WHERE throttles.who = $1::VARCHAR",
        binds="who",
    ),
)

DROP_ATTEMPTS = Statement(
    "DROP_ATTEMPTS",
    Compiled(
        "DELETE FROM throttles WHERE throttles.clears_at <= ?",
        binds="now",
    ),
    Compiled(
        "DELETE FROM throttles WHERE throttles.clears_at <= $1::BIGINT",
        binds="now",
    ),
)

MARK_SAMPLE = Statement(
    "MARK_SAMPLE",
    Compiled(
        "INSERT INTO demo_accounts (account_id) VALUES (?) ON CONFLICT DO NOTHING",
        binds="account_id",
    ),
    Compiled(
        "INSERT INTO demo_accounts (account_id) VALUES ($1::INTEGER) ON CONFLICT DO NOTHING",
        binds="account_id",
    ),
)

LIST_SAMPLES = Statement(
    "LIST_SAMPLES",
    Compiled(
        "SELECT demo_accounts.account_id FROM demo_accounts JOIN accounts ON accounts.id = "
        "demo_accounts.account_id WHERE accounts.user_id = ? ORDER BY demo_accounts.account_id",
        binds="user_id",
    ),
    Compiled(
        "SELECT demo_accounts.account_id FROM demo_accounts JOIN accounts ON accounts.id = "
        "demo_accounts.account_id WHERE accounts.user_id = $1::INTEGER ORDER BY demo_accounts.account_id",
        binds="user_id",
    ),
    columns="account_id",
)
