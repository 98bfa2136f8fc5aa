//! A copy of a survey that names nobody.

use std::collections::HashMap;

use lotus_crypto_diag::survey::Survey;

/// Replaces every user and device id by a placeholder, the same id always by the same one. Key ids stay: they are the
/// evidence. Of user agents, the client's name and version stay.
pub fn redacted(survey: &Survey) -> Survey {
    let mut copy = survey.clone();
    let mut names = Names::default();
    for device in &mut copy.devices {
        device.user_id = device.user_id.take().map(|user| names.user(&user));
        device.device_id = device.device_id.take().map(|id| names.device(&id));
        device.clients.retain(|client| is_product(client));
        if let Some(row) = &mut device.at_risk {
            row.user_id = names.user(&row.user_id);
            row.device_id = names.device(&row.device_id);
            row.user_agent = None;
        }
    }
    copy
}

#[derive(Default)]
struct Names {
    users: HashMap<String, usize>,
    servers: HashMap<String, usize>,
    devices: HashMap<String, usize>,
}

impl Names {
    fn user(&mut self, id: &str) -> String {
        let server = id.split_once(':').map_or("", |(_, server)| server);
        format!("@user-{}:server-{}.invalid", nth(&mut self.users, id), nth(&mut self.servers, server))
    }

    fn device(&mut self, id: &str) -> String {
        format!("DEVICE{}", nth(&mut self.devices, id))
    }
}

fn nth(known: &mut HashMap<String, usize>, id: &str) -> usize {
    let next = known.len() + 1;
    *known.entry(id.to_owned()).or_insert(next)
}

/// `Firefox/153.0`. Anything else may be free text.
fn is_product(client: &str) -> bool {
    let Some((name, version)) = client.split_once('/') else { return false };
    let is_name = !name.is_empty() && name.len() <= 24 && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b' ');
    is_name && version.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}
