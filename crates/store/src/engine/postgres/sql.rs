//! Every statement of the engine, in the portable part of PostgreSQL's SQL.
//!
//! A commit's parameters are arrays with one element for each fact or row; `i` numbers the batches of the group.
//! `lane` is the row of the connection that commits: it carries the group's decision from the second statement to
//! the others, and tells after a lost connection whether the group was committed.

/// The last commit that a view sees.
pub(super) const VERSION: &str = "SELECT ver FROM cloudlet_meta WHERE one = 1";

pub(super) const GET: &str = "SELECT ver, v FROM cloudlet_kv WHERE k = $1";

pub(super) const MANY: &str = "SELECT w.n, kv.ver, kv.v FROM unnest($1::bytea[]) WITH ORDINALITY AS w (k, n)
    JOIN cloudlet_kv AS kv ON kv.k = w.k";

/// Rows of a range; few, so that their size needs no limit.
pub(super) fn rows(reverse: bool) -> String {
    format!(
        "SELECT k, v FROM cloudlet_kv WHERE k >= $1 AND k < $2 ORDER BY k {} LIMIT $3",
        if reverse { "DESC" } else { "ASC" }
    )
}

/// Rows of a range up to the one that reaches a number of bytes.
pub(super) fn bounded(reverse: bool) -> String {
    let order = if reverse { "DESC" } else { "ASC" };
    format!(
        "SELECT k, v FROM (SELECT k, v, sum(length(k) + length(v)) OVER (ORDER BY k {order}
             ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
         FROM cloudlet_kv WHERE k >= $1 AND k < $2 ORDER BY k {order} LIMIT $3) AS page
         WHERE coalesce(before, 0) < $4::bigint ORDER BY k {order}"
    )
}

/// Keys of a range.
pub(super) fn keys(reverse: bool) -> String {
    format!(
        "SELECT k FROM cloudlet_kv WHERE k >= $1 AND k < $2 ORDER BY k {} LIMIT $3",
        if reverse { "DESC" } else { "ASC" }
    )
}

/// Takes the place in the order of commits: `$1` versions. No row means that a newer program has changed the tables.
pub(super) const LOCK: &str = "UPDATE cloudlet_meta SET ver = ver + $1 WHERE one = 1 AND format = $2";

/// Decides which batches of the group hold, as of the moment after [`LOCK`].
///
/// Facts on keys `$4..=$8` are: the number of the batch, the place of the fact in it, what kind it is, the key, a
/// version or -1, a value. Kinds: 0 the key has this version (0: there is none), 1 there is such a key, 2 it has this
/// value, 3 it is absent or a counter. Facts on ranges `$10..=$14`: no row is newer than a version, and their number is
/// unchanged, so none has gone. `$15, $16`: batches by id that were applied before. `$17` is the format: without it
/// [`LOCK`] has locked nothing, and nothing may be written.
pub(super) const DECIDE: &str = "UPDATE cloudlet_lane SET seq = $2,
        base = (SELECT ver FROM cloudlet_meta WHERE one = 1) - $3,
        (bad, why) = (SELECT coalesce(array_agg(f.i), '{}'), coalesce(array_agg(f.p), '{}') FROM (
            SELECT all_facts.i, min(all_facts.p) AS p FROM (
                SELECT c.i, c.p FROM unnest($4::int[], $5::int[], $6::int[], $7::bytea[], $8::bigint[], $9::bytea[])
                        AS c (i, p, kind, k, ver, v)
                    LEFT JOIN cloudlet_kv AS kv ON kv.k = c.k
                    WHERE CASE c.kind WHEN 0 THEN coalesce(kv.ver, 0) <> c.ver
                        WHEN 1 THEN kv.k IS NULL
                        WHEN 2 THEN kv.k IS NULL OR kv.v <> c.v
                        ELSE length(kv.v) <> 8 END
                UNION ALL
                SELECT r.i, -1 FROM unnest($10::int[], $11::bytea[], $12::bytea[], $13::bigint[], $14::bigint[])
                        AS r (i, lo, hi, n, ver)
                    CROSS JOIN LATERAL (SELECT count(*) AS n, max(kv.ver) AS ver FROM cloudlet_kv AS kv
                        WHERE kv.k >= r.lo AND kv.k < r.hi) AS now
                    WHERE now.n <> r.n OR now.ver > r.ver
                UNION ALL
                SELECT a.i, -2 FROM unnest($15::int[], $16::bytea[]) AS a (i, id)
                    JOIN cloudlet_applied AS d ON d.id = a.id
            ) AS all_facts GROUP BY all_facts.i) AS f)
    WHERE id = $1 AND seq = $2::bigint - 1
        AND EXISTS (SELECT 1 FROM cloudlet_meta WHERE one = 1 AND format = $17) RETURNING base, bad, why";

/// What batches with these ids got as their answer.
pub(super) const APPLIED: &str = "SELECT id, ver, stamps FROM cloudlet_applied WHERE id = ANY($1::bytea[])";

pub(super) const CLEAR: &str = "DELETE FROM cloudlet_kv AS kv USING cloudlet_lane AS l,
        unnest($3::int[], $4::bytea[], $5::bytea[]) AS r (i, lo, hi)
    WHERE l.id = $1 AND l.seq = $2 AND r.i <> ALL (l.bad) AND kv.k >= r.lo AND kv.k < r.hi";

pub(super) const DELETE: &str = "DELETE FROM cloudlet_kv AS kv USING cloudlet_lane AS l,
        unnest($3::int[], $4::bytea[]) AS d (i, k)
    WHERE l.id = $1 AND l.seq = $2 AND d.i <> ALL (l.bad) AND kv.k = d.k";

pub(super) const PUT: &str = "INSERT INTO cloudlet_kv AS kv (k, ver, v)
    SELECT p.k, l.base + p.i, p.v FROM cloudlet_lane AS l, unnest($3::int[], $4::bytea[], $5::bytea[]) AS p (i, k, v)
    WHERE l.id = $1 AND l.seq = $2 AND p.i <> ALL (l.bad)
    ON CONFLICT (k) DO UPDATE SET ver = excluded.ver, v = excluded.v";

/// Adds to counters, of which several batches may change the same; the sum stops at the ends of 64 bits.
pub(super) const ADD: &str = "INSERT INTO cloudlet_kv AS kv (k, ver, v)
    SELECT a.k, l.base + max(a.i), int8send(least(greatest(sum(a.n::numeric), -9223372036854775808),
        9223372036854775807)::bigint)
    FROM cloudlet_lane AS l, unnest($3::int[], $4::bytea[], $5::bigint[]) AS a (i, k, n)
    WHERE l.id = $1 AND l.seq = $2 AND a.i <> ALL (l.bad) GROUP BY a.k, l.base
    ON CONFLICT (k) DO UPDATE SET ver = excluded.ver, v = int8send(least(greatest(
        ('x' || encode(kv.v, 'hex'))::bit(64)::bigint::numeric
        + ('x' || encode(excluded.v, 'hex'))::bit(64)::bigint::numeric,
        -9223372036854775808), 9223372036854775807)::bigint)";

/// Appends: the key is made here, where the version is known.
pub(super) const APPEND: &str = "INSERT INTO cloudlet_kv AS kv (k, ver, v)
    SELECT a.stream || int8send(l.base + a.i) || substring(int4send(a.n) FROM 3) || a.suffix, l.base + a.i, a.v
    FROM cloudlet_lane AS l,
        unnest($3::int[], $4::bytea[], $5::int[], $6::bytea[], $7::bytea[]) AS a (i, stream, n, suffix, v)
    WHERE l.id = $1 AND l.seq = $2 AND a.i <> ALL (l.bad)
    ON CONFLICT (k) DO UPDATE SET ver = excluded.ver, v = excluded.v";

/// Remembers the answers of batches with ids.
pub(super) const REMEMBER: &str = "INSERT INTO cloudlet_applied (id, ver, stamps)
    SELECT a.id, l.base + a.i, a.stamps FROM cloudlet_lane AS l,
        unnest($3::int[], $4::bytea[], $5::int[]) AS a (i, id, stamps)
    WHERE l.id = $1 AND l.seq = $2 AND a.i <> ALL (l.bad)";

/// Leaves word of what was written, if any other node lives.
pub(super) const TELL: &str = "INSERT INTO cloudlet_recent (ver, lane, keys)
    SELECT l.base + $3, l.id, $4 FROM cloudlet_lane AS l
    WHERE l.id = $1 AND l.seq = $2
        AND EXISTS (SELECT 1 FROM cloudlet_node AS n WHERE n.id <> $5 AND n.seen > now() - interval '10 seconds')";

/// After a lost connection: was the group committed? The lock waits for the end of what the connection began.
pub(super) const OUTCOME: &str = "SELECT seq, base, bad, why FROM cloudlet_lane WHERE id = $1 FOR UPDATE";

/// Makes sure that a group which was not committed never will be.
pub(super) const FENCE: &str = "UPDATE cloudlet_lane SET seq = $2, base = -1 WHERE id = $1";

/// A lane for a connection that commits. Those of nodes long gone are forgotten.
pub(super) const NEW_LANE: &str = "INSERT INTO cloudlet_lane (seq, base, bad, why) VALUES (0, -1, '{}', '{}')
    RETURNING id";
pub(super) const OLD_LANES: &str = "DELETE FROM cloudlet_lane WHERE id < $1";

/// Registers a node, and keeps it among the living. [`NEW_NODE`] runs under the lock of commits: those after it leave
/// word for the node, those before it are seen by it.
pub(super) const HOLD_COMMITS: &str = "SELECT ver FROM cloudlet_meta WHERE one = 1 FOR UPDATE";
pub(super) const NEW_NODE: &str = "INSERT INTO cloudlet_node (id, seen) VALUES ($1, now())
    ON CONFLICT (id) DO UPDATE SET seen = now()";
pub(super) const NODE_NUMBER: &str = "INSERT INTO cloudlet_node (seen) VALUES (now()) RETURNING id";
pub(super) const ALIVE: &str =
    "UPDATE cloudlet_node SET seen = now() WHERE id = $1 AND seen > now() - interval '8 seconds'";
pub(super) const OTHERS: &str =
    "SELECT count(*) FROM cloudlet_node WHERE id <> $1 AND seen > now() - interval '10 seconds'";
pub(super) const GONE: &str = "DELETE FROM cloudlet_node WHERE id = $1 OR seen < now() - interval '1 day'";

/// What other nodes have written since a version.
pub(super) const NEWS: &str =
    "SELECT ver, keys FROM cloudlet_recent WHERE ver > $1 AND lane <> ALL ($2::bigint[])
    ORDER BY ver LIMIT 1000";
pub(super) const OLD_NEWS: &str = "DELETE FROM cloudlet_recent WHERE at < now() - interval '30 seconds'";

/// Forgets the ids of old batches.
pub(super) const OLD_IDS: &str =
    "DELETE FROM cloudlet_applied WHERE ver < (SELECT ver FROM cloudlet_meta WHERE one = 1) - $1";
pub(super) const FILE_BYTES: &str = "SELECT pg_total_relation_size('cloudlet_kv')";
