//! Finding tables: names and ARNs in requests, and the descriptions kept in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use cloud::access;
use cloud::prelude::*;
use store::layer::table;
use store::{Key, Store, Tx, Version};
use tokio::sync::watch;

use crate::error::Error;
use crate::limits::{NAME_CHARS_MAX, NAME_CHARS_MIN};
use crate::table::{Table, TableRow};

/// A table as a request names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TableName {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
}

impl TableName {
    /// Reads a name or an ARN, as the parameter `TableName` takes both.
    pub(crate) fn read(cx: &Cx, text: &str) -> Result<Self, Error> {
        if text.starts_with("arn:") {
            return Self::of_arn(text)
                .filter(|table| table.region == cx.region())
                .ok_or_else(|| Error::validation(format!("Invalid table ARN: {text}")));
        }
        check_name(text, "tableName")?;
        Ok(Self { account: cx.account().to_owned(), region: cx.region().to_owned(), name: text.to_owned() })
    }

    /// The table of a table's ARN.
    pub(crate) fn of_arn(text: &str) -> Option<Self> {
        let arn: Arn = text.parse().ok()?;
        let name = arn.resource().strip_prefix("table/")?;
        let fits = arn.service() == "dynamodb" && is_name(name);
        fits.then(|| Self {
            account: arn.account().to_owned(),
            region: arn.region().to_owned(),
            name: name.to_owned(),
        })
    }

    /// Its ARN.
    pub(crate) fn arn(&self) -> Arn {
        Arn::new("dynamodb", &self.region, &self.account, format_args!("table/{}", self.name))
    }

    /// The ARN of one of its indexes.
    pub(crate) fn index_arn(&self, index: &str) -> Arn {
        Arn::new("dynamodb", &self.region, &self.account, format_args!("table/{}/index/{index}", self.name))
    }

    fn row_key(&self) -> Key {
        table::row_key::<TableRow>(&(&self.account, &self.region, &self.name))
    }
}

fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    (NAME_CHARS_MIN..=NAME_CHARS_MAX).contains(&text.len()) && text.bytes().all(fits)
}

/// Refuses what cannot be the name of a table or index, in the words of the model's constraints. They stand here and
/// not at the member because that may hold an ARN.
pub(crate) fn check_name(text: &str, member: &str) -> Result<(), Error> {
    if is_name(text) {
        return Ok(());
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let mut constraints = Vec::new();
    if !text.chars().all(fits) || text.is_empty() {
        constraints.push("Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+".to_owned());
    }
    match text.chars().count() {
        0 => constraints = vec!["Member must have length greater than or equal to 1".to_owned()],
        chars if chars < NAME_CHARS_MIN => {
            constraints.push(format!("Member must have length greater than or equal to {NAME_CHARS_MIN}"));
        }
        chars if chars > NAME_CHARS_MAX => {
            constraints.push(format!("Member must have length less than or equal to {NAME_CHARS_MAX}"));
        }
        _ => {}
    }
    let plural = if constraints.len() == 1 { "error" } else { "errors" };
    let each: Vec<String> = constraints
        .iter()
        .map(|constraint| format!("Value '{text}' at '{member}' failed to satisfy constraint: {constraint}"))
        .collect();
    Err(Error::validation(format!("{} validation {plural} detected: {}", each.len(), each.join("; "))))
}

/// Descriptions of tables, by the key of their row.
#[derive(Default)]
pub(crate) struct Tables {
    /// Read rows, each good for its version.
    known: RwLock<HashMap<Key, Arc<Table>>>,
    /// Rows as of the last news.
    current: RwLock<Current>,
    news: Mutex<Option<watch::Receiver<Version>>>,
}

#[derive(Default)]
struct Current {
    /// Counts the news, so that what was read before some is not kept after them.
    news: u64,
    tables: HashMap<Key, Arc<Table>>,
}

/// Tables kept in memory; beyond that all are forgotten and read again.
const KNOWN_MAX: usize = 10_000;

impl Tables {
    fn find(&self, key: &Key, version: Version) -> Option<Arc<Table>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(key).filter(|table| table.version == version).cloned()
    }

    fn keep(&self, key: Key, table: &Arc<Table>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(key, table.clone());
    }

    fn forget(&self, key: &Key) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    fn find_current(&self, key: &Key) -> (u64, Option<Arc<Table>>) {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        (current.news, current.tables.get(key).cloned())
    }

    fn keep_current(&self, key: Key, table: &Arc<Table>, news: u64) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.news == news && current.tables.len() < KNOWN_MAX {
            current.tables.insert(key, table.clone());
        }
    }

    /// Forgets what is current when any table has changed since the last look.
    fn notice(&self, store: &Arc<dyn Store>) {
        let mut news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver =
            news.get_or_insert_with(|| store.watch(store::keyspace::DYNAMODB_TABLE.0.to_vec().into()));
        if receiver.has_changed().unwrap_or(true) {
            receiver.mark_unchanged();
            let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
            current.news += 1;
            current.tables.clear();
        }
    }
}

/// The table as of the transaction, which conflicts with every change of the description. All that write must use it:
/// an index that is added meanwhile would miss their items.
pub(crate) async fn open(cx: &mut Cx, name: &TableName) -> Result<Arc<Table>, Error> {
    let table = load(cx, name).await?.ok_or(Error::NotFound)?;
    if table.row.is_creating { Err(Error::NotFound) } else { Ok(table) }
}

/// As [`open`], also for a table that is still being made; none when there is no such table.
pub(crate) async fn load(cx: &mut Cx, name: &TableName) -> Result<Option<Arc<Table>>, Error> {
    let tables = cx.state::<Tables>();
    load_in(cx.tx(), &tables, name).await
}

/// As [`load`], for Free operations and jobs.
pub(crate) async fn load_in(tx: &Tx, tables: &Tables, name: &TableName) -> Result<Option<Arc<Table>>, Error> {
    let key = name.row_key();
    let Some((version, row)) = tx.get_versioned(&key).await? else {
        tables.forget(&key);
        return Ok(None);
    };
    if let Some(known) = tables.find(&key, version) {
        return Ok(Some(known));
    }
    let table = Arc::new(Table::new(table::decode::<TableRow>(&row)?, version));
    tables.keep(key, &table);
    Ok(Some(table))
}

/// The table as it was a moment ago, mostly from memory: for reads, and for what access asks before an operation runs.
pub(crate) async fn glance(cx: &Cx, name: &TableName) -> Result<Option<Arc<Table>>, Error> {
    let tables = cx.state::<Tables>();
    tables.notice(cx.cloud().store());
    let key = name.row_key();
    let (news, current) = tables.find_current(&key);
    if current.is_some() {
        return Ok(current);
    }
    // Not the transaction's view: it may be older than what was just forgotten.
    let table = load_in(&cx.snapshot().await?, &tables, name).await?;
    if let Some(table) = &table {
        tables.keep_current(key, table, news);
    }
    Ok(table)
}

/// As [`glance`], for reads of items.
pub(crate) async fn reading(cx: &Cx, name: &TableName) -> Result<Arc<Table>, Error> {
    let table = glance(cx, name).await?.ok_or(Error::NotFound)?;
    if table.row.is_creating { Err(Error::NotFound) } else { Ok(table) }
}

/// The policy of a table, for the access decision.
pub(crate) async fn policy(cx: &Cx, name: &str) -> Result<Option<String>, Error> {
    // A name that cannot be is refused by the operation itself, after access is decided.
    let Ok(name) = TableName::read(cx, name) else { return Ok(None) };
    let table = glance(cx, &name).await?;
    Ok(table.and_then(|table| table.row.policy.as_ref().map(|policy| policy.text.clone())))
}

/// The table of a transaction, also while it is being made; the error names it.
pub(crate) async fn existing(cx: &mut Cx, name: &TableName) -> Result<Arc<Table>, Error> {
    load(cx, name).await?.ok_or_else(|| Error::NoSuchTable(name.name.clone()))
}

/// The tags of a table, for the access decision.
pub(crate) async fn tag_conditions(cx: &Cx, name: &str) -> Result<Conditions, Error> {
    let Ok(name) = TableName::read(cx, name) else { return Ok(Conditions::new()) };
    let table = glance(cx, &name).await?;
    Ok(table.map(|table| tags_of(&table)).into_iter().collect())
}

/// The tags of a table as a condition.
pub(crate) fn tags_of(table: &Table) -> (&'static str, Vec<String>) {
    access::resource_tags(&table.row.tags)
}
