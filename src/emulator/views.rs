//! Items as the portal shows them (*section 3.3*).

use serde_json::{Value, json};

use super::records::{Item, NO_DATE};
use super::state::State;

impl State {
    /// As it is read; `mine` by its owner or an administrator.
    pub(super) fn item_view(&self, item: &Item, mine: bool) -> Value {
        let mut body = self.common_view(item, item.dates.map(|dates| dates.date.seen()));
        if mine {
            body["ownerFolder"] = json!(item.folder);
            body["protected"] = json!(item.protected);
        }
        body["itemControl"] = json!(if mine { "admin" } else { "view" });
        body
    }

    /// As search shows it: without the dates (*fact 5*).
    pub(super) fn search_view(&self, item: &Item) -> Value {
        self.common_view(item, [NO_DATE; 2])
    }

    fn common_view(&self, item: &Item, dates: [i64; 2]) -> Value {
        let text = |name: &str| item.texts.get(name).map_or(Value::Null, |text| json!(text));
        let owner = self.members.get(&item.owner).map(|member| member.id.clone());
        let tags = if item.tags.is_empty() { vec![String::new()] } else { item.tags.clone() };
        let culture = item.texts.get("culture").map_or("en-us", String::as_str);
        let mut body = json!({
            "id": item.id, "owner": item.owner, "ownerId": owner, "orgId": item.org, "created": item.created,
            "isOrgItem": true, "modified": item.modified, "guid": null, "name": null, "title": item.title,
            "type": item.kind, "typeKeywords": item.keywords, "description": item.description, "tags": tags,
            "snippet": item.snippet, "thumbnail": null, "documentation": null, "extent": [],
            "categories": item.categories, "spatialReference": null, "accessInformation": text("accessInformation"),
        });
        let more = json!({
            "licenseInfo": text("licenseInfo"), "culture": culture, "properties": item.properties,
            "advancedSettings": null, "url": text("url"), "proxyFilter": null, "access": item.access, "size": 0,
            "subInfo": 0, "appCategories": [], "industries": [], "languages": [], "largeThumbnail": null,
            "banner": null, "screenshots": [], "listed": false, "commentsEnabled": true, "numComments": 0,
            "numRatings": 0, "avgRating": 0, "numViews": 0, "scoreCompleteness": 18, "groupDesignations": null,
            "lastViewed": -1,
        });
        if let (Value::Object(members), Value::Object(more)) = (&mut body, more) {
            members.extend(more);
        }
        // Enterprise before 11.4 does not know the dates.
        if self.profile.has_keys() {
            body["apiToken1ExpirationDate"] = json!(dates[0]);
            body["apiToken2ExpirationDate"] = json!(dates[1]);
        }
        body
    }
}
