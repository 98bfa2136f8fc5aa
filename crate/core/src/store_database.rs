//! Finds the IndexedDB database that contains a device's crypto store.

/// The SDK appends this to the prefix.
const SUFFIX: &str = "::matrix-sdk-crypto";

/// Why the client's own database is unknown.
pub const UNCLEAR: &str = "the app has not said which of the crypto stores is this one (databasePrefix)";

/// Name of the database for the prefix that the host gives the SDK; without one, for the SDK's default prefix.
///
/// ```
/// use lotus_crypto_diag::store_database::database_of;
///
/// assert_eq!(database_of(None), "matrix-js-sdk::matrix-sdk-crypto");
/// assert_eq!(database_of(Some("sync")), "sync::matrix-sdk-crypto");
/// ```
pub fn database_of(prefix: Option<&str>) -> String {
    [prefix.unwrap_or("matrix-js-sdk"), SUFFIX].concat()
}

/// Whether a database with this name is a crypto store, of any device.
pub fn is_crypto_store(name: &str) -> bool {
    name.ends_with(SUFFIX)
}

/// The open client's database, chosen from the existing ones. A host may use a prefix without telling this library.
/// Looking only for the default name would then find no database at every start, as if the keys had been deleted.
pub fn open_database(names: &[String], user_id: &str) -> Option<String> {
    let usual = database_of(None);
    let stores: Vec<_> = names.iter().filter(|name| is_crypto_store(name)).collect();
    if stores.is_empty() || stores.contains(&&usual) {
        return Some(usual);
    }
    let own: Vec<_> = stores.iter().filter(|name| stores.len() == 1 || name.contains(user_id)).collect();
    match *own {
        [only] => Some((*only).clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_database_is_the_default_one_the_only_one_or_the_one_of_its_user() {
        const USUAL: &str = "matrix-js-sdk::matrix-sdk-crypto";
        const OWN: &str = "sync@a:hs::matrix-sdk-crypto";
        const OTHER: &str = "sync@b:hs::matrix-sdk-crypto";

        for (there, database) in [
            (vec![], Some(USUAL)),
            (vec!["web-sync-store", "x::matrix-sdk-crypto-meta"], Some(USUAL)),
            (vec![OTHER], Some(OTHER)),
            (vec![OWN, "sync@a:hs::matrix-sdk-crypto-meta", "sync@a:hs"], Some(OWN)),
            (vec![OTHER, OWN], Some(OWN)),
            (vec![OWN, USUAL], Some(USUAL)),
            (vec!["one::matrix-sdk-crypto", "two::matrix-sdk-crypto"], None),
            (vec![OWN, "again@a:hs::matrix-sdk-crypto"], None),
        ] {
            let names: Vec<_> = there.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(open_database(&names, "@a:hs").as_deref(), database, "{there:?}");
        }
    }
}
