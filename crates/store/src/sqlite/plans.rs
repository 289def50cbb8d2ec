//! Tests that the hot queries use their indexes: no scan of a table, no sorting.

use rusqlite::Connection;

use super::{attempts, contacts, exchange, listing, log, schema, suppression};

fn plan(conn: &Connection, sql: &str) -> String {
    let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let blank = vec![1; statement.parameter_count()];
    let rows = statement
        .query_map(rusqlite::params_from_iter(blank), |row| {
            row.get::<_, String>(3)
        })
        .unwrap();
    rows.map(Result::unwrap).collect::<Vec<_>>().join("; ")
}

#[test]
fn hot_queries_search_by_the_index_made_for_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = schema::open_writable(&folder.path().join("deck.sqlite")).unwrap();
    schema::migrate(&mut conn).unwrap();
    let table = [
        (contacts::BY_ID, "INTEGER PRIMARY KEY"),
        (contacts::BY_NUMBER, "numbers USING PRIMARY KEY (number=?)"),
        (contacts::QUEUE_SAME, "due=? AND id>?"),
        (contacts::QUEUE_LATER, "priority=? AND due>?"),
        (contacts::QUEUE_BELOW, "contacts_ready"),
        (contacts::READY_OF, "contacts_ready"),
        (contacts::DUE, "contacts_waiting"),
        (contacts::NEXT_DUE, "contacts_waiting"),
        (contacts::WAITING_OF, "contacts_waiting"),
        (contacts::EXPIRING, "contacts_expiring"),
        (contacts::MOVE, "INTEGER PRIMARY KEY"),
        (attempts::BY_SERIAL, "INTEGER PRIMARY KEY"),
        (attempts::OF_CONTACT, "attempts_by_number"),
        (attempts::OPEN, "attempts_open"),
        (attempts::OPEN_TO, "attempts_open"),
        (attempts::HISTORY, "attempts_by_number"),
        (attempts::ENDED_SO, "attempts_by_number"),
        (attempts::SHOWN, "attempts_sends"),
        (attempts::SENDS, "attempts_sends"),
        (attempts::LAST_SEND, "attempts_sends"),
        (attempts::UNSENT, "INTEGER PRIMARY KEY"),
        (attempts::UPDATE, "INTEGER PRIMARY KEY"),
        (exchange::LAST_CALL, "attempts_by_number"),
        (exchange::SAID_OF, "inbox_by_attempt"),
        (suppression::OF_NUMBER, "PRIMARY KEY (number=?)"),
        (suppression::PAGE, "PRIMARY KEY (number>?)"),
        (suppression::REVOKED, "INTEGER PRIMARY KEY"),
        (log::TAIL, "INTEGER PRIMARY KEY"),
        (log::BEFORE, "INTEGER PRIMARY KEY"),
        (
            listing::READY_CLASS,
            "INDEX contacts_ready (campaign=? AND class>?)",
        ),
    ];
    for (sql, index) in table {
        let plan = plan(&conn, sql);
        assert!(plan.contains(index), "{sql}\n{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
        let whole_partial_index = sql == attempts::OPEN && plan.contains("USING INDEX");
        assert!(
            !plan.contains("SCAN") || whole_partial_index,
            "{sql}\n{plan}"
        );
    }
}

#[test]
fn the_end_of_the_log_is_read_from_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = schema::open_writable(&folder.path().join("deck.sqlite")).unwrap();
    schema::migrate(&mut conn).unwrap();
    assert!(!plan(&conn, log::HEAD).contains("TEMP B-TREE"));
}

#[test]
fn open_alerts_are_found_by_their_own_index() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = schema::open_writable(&folder.path().join("deck.sqlite")).unwrap();
    schema::migrate(&mut conn).unwrap();
    let plan = plan(&conn, log::ALERTS);
    assert!(plan.contains("alerts_open"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}

#[test]
fn the_call_list_is_read_in_the_order_of_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = schema::open_writable(&folder.path().join("deck.sqlite")).unwrap();
    schema::migrate(&mut conn).unwrap();
    let ready = "INDEX contacts_ready (campaign=? AND class=? AND priority";
    let table = [
        (
            listing::LISTED_AFTER,
            1,
            "INDEX contacts_listed (campaign=? AND state=? AND id>?)",
        ),
        (
            listing::LISTED_BEFORE,
            1,
            "INDEX contacts_listed (campaign=? AND state=? AND id<?)",
        ),
        (listing::READY_AFTER, 3, ready),
        (listing::READY_BEFORE, 3, ready),
        (
            listing::WAITING_AFTER,
            2,
            "INDEX contacts_waiting (campaign=? AND due",
        ),
        (
            listing::WAITING_BEFORE,
            2,
            "INDEX contacts_waiting (campaign=? AND due",
        ),
        (
            listing::NUMBERED_AFTER,
            1,
            "PRIMARY KEY ((number,campaign)>(?,?))",
        ),
        (
            listing::NUMBERED_BEFORE,
            1,
            "PRIMARY KEY ((number,campaign)<(?,?))",
        ),
    ];
    for (sql, searches, index) in table {
        let plan = plan(&conn, sql);
        assert_eq!(plan.matches(index).count(), searches, "{sql}\n{plan}");
        assert_eq!(plan.matches("SEARCH").count(), searches, "{sql}\n{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
        assert!(!plan.contains("SCAN"), "{sql}\n{plan}");
    }
}
