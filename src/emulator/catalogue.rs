//! The privileges an account can hold, per product (*sections 11, 15*).

use std::collections::BTreeSet;

use super::profile::Profile;

/// A privilege and who has it: `L`ocation Platform, `O`nline, `E`nterprise; `a` for administrators only.
const CATALOGUE: &[(&str, &str)] = &[
    ("premium:publisher:createAdvancedNotebooks", "OE"),
    ("premium:publisher:createNotebooks", "OE"),
    ("premium:publisher:geoanalytics", "OE"),
    ("premium:publisher:rasteranalysis", "OE"),
    ("premium:publisher:scheduleNotebooks", "OE"),
    ("premium:user:basemaps", "LO"),
    ("premium:user:boundaries", "O"),
    ("premium:user:demographics", "OE"),
    ("premium:user:elevation", "LO"),
    ("premium:user:featurereport", "OE"),
    ("premium:user:geocode", "O"),
    ("premium:user:geocode:stored", "LO"),
    ("premium:user:geocode:temporary", "LO"),
    ("premium:user:geoenrichment", "LO"),
    ("premium:user:geometry", "O"),
    ("premium:user:networkanalysis", "O"),
    ("premium:user:networkanalysis:closestfacility", "LO"),
    ("premium:user:networkanalysis:lastmiledelivery", "LO"),
    ("premium:user:networkanalysis:locationallocation", "LO"),
    ("premium:user:networkanalysis:optimizedrouting", "LO"),
    ("premium:user:networkanalysis:origindestinationcostmatrix", "LO"),
    ("premium:user:networkanalysis:routing", "LO"),
    ("premium:user:networkanalysis:servicearea", "LO"),
    ("premium:user:networkanalysis:snaptoroads", "L"),
    ("premium:user:networkanalysis:vehiclerouting", "LO"),
    ("premium:user:places", "LO"),
    ("premium:user:realitymapping", "O"),
    ("premium:user:spatialanalysis", "LOE"),
    ("premium:user:staticbasemaptiles", "LO"),
    ("premium:user:staticMaps", "LO"),
    ("features:user:edit", "LOE"),
    ("features:user:fullEdit", "LOE"),
    ("features:user:manageVersions", "OE"),
    ("opendata:user:designateGroup", "LO"),
    ("portal:publisher:bulkPublishFromDataStores", "OE"),
    ("portal:publisher:createDataPipelines", "LO"),
    ("portal:publisher:createFeatureWebhook", "OE"),
    ("portal:publisher:publishBigDataAnalytics", "OE"),
    ("portal:publisher:publishDynamicImagery", "OE"),
    ("portal:publisher:publishFeatures", "LOE"),
    ("portal:publisher:publishFeeds", "OE"),
    ("portal:publisher:publishKnowledgeGraph", "OE"),
    ("portal:publisher:publishLivestreamVideo", "OE"),
    ("portal:publisher:publishRealTimeAnalytics", "OE"),
    ("portal:publisher:publishScenes", "LOE"),
    ("portal:publisher:publishServerServices", "OE"),
    ("portal:publisher:publishTiledImagery", "LOE"),
    ("portal:publisher:publishTiles", "LOE"),
    ("portal:publisher:publishVideo", "OE"),
    ("portal:publisher:registerDataStores", "OE"),
    ("portal:user:addExternalMembersToGroup", "OE"),
    ("portal:user:allowBetaAccess", "L"),
    ("portal:user:assignPrivilegesToApps", "OE"),
    ("portal:user:categorizeItems", "LOE"),
    ("portal:user:createGroup", "OE"),
    ("portal:user:createItem", "LOE"),
    ("portal:user:generateApiTokens", "OE"),
    ("portal:user:invitePartneredCollaborationMembers", "O"),
    ("portal:user:joinGroup", "LOE"),
    ("portal:user:joinNonOrgGroup", "LO"),
    ("portal:user:reassignItems", "LOE"),
    ("portal:user:receiveItems", "LOE"),
    ("portal:user:runWebTool", "OE"),
    ("portal:user:shareGroupToOrg", "LOE"),
    ("portal:user:shareGroupToPublic", "LOE"),
    ("portal:user:shareToGroup", "LOE"),
    ("portal:user:shareToOrg", "LOE"),
    ("portal:user:shareToPublic", "LOE"),
    ("portal:user:useAIAssistants", "O"),
    ("portal:user:viewHostedFeatureServices", "LOE"),
    ("portal:user:viewHostedTileServices", "LOE"),
    ("portal:user:viewOrgGroups", "LOE"),
    ("portal:user:viewOrgItems", "LOE"),
    ("portal:user:viewOrgUsers", "LOE"),
    ("portal:user:viewTracks", "LOE"),
    ("opendata:user:openDataAdmin", "Oa"),
    ("portal:admin:assignToGroups", "LOEa"),
    ("portal:admin:categorizeItems", "LOEa"),
    ("portal:admin:changeUserRoles", "OEa"),
    ("portal:admin:createGPWebhook", "OEa"),
    ("portal:admin:createLeavingDisallowedGroup", "LOEa"),
    ("portal:admin:createReports", "LOEa"),
    ("portal:admin:createUpdateCapableGroup", "LOEa"),
    ("portal:admin:deleteGroups", "LOEa"),
    ("portal:admin:deleteItems", "LOEa"),
    ("portal:admin:deleteUsers", "OEa"),
    ("portal:admin:disableUsers", "OEa"),
    ("portal:admin:inviteUsers", "OEa"),
    ("portal:admin:manageCollaborations", "LOEa"),
    ("portal:admin:manageCredits", "LOa"),
    ("portal:admin:manageEnterpriseGroups", "OEa"),
    ("portal:admin:manageLicenses", "OEa"),
    ("portal:admin:manageLivingAtlasPackageImports", "Oa"),
    ("portal:admin:managePublicUrlUpdate", "Oa"),
    ("portal:admin:manageRoles", "OEa"),
    ("portal:admin:manageSecurity", "LOEa"),
    ("portal:admin:manageServers", "OEa"),
    ("portal:admin:manageUtilityServices", "LOEa"),
    ("portal:admin:manageWebhooks", "OEa"),
    ("portal:admin:manageWebsite", "LOEa"),
    ("portal:admin:reassignGroups", "LOEa"),
    ("portal:admin:reassignItems", "LOEa"),
    ("portal:admin:reassignUsers", "Oa"),
    ("portal:admin:shareToGroup", "Oa"),
    ("portal:admin:shareToOrg", "LOEa"),
    ("portal:admin:shareToPublic", "OEa"),
    ("portal:admin:updateGroups", "LOEa"),
    ("portal:admin:updateItemCategorySchema", "LOEa"),
    ("portal:admin:updateItemClassificationSchema", "Oa"),
    ("portal:admin:updateItems", "LOEa"),
    ("portal:admin:updateMemberCategorySchema", "OEa"),
    ("portal:admin:updateUsers", "OEa"),
    ("portal:admin:viewGroups", "LOEa"),
    ("portal:admin:viewItems", "LOEa"),
    ("portal:admin:viewUsers", "OEa"),
    ("portal:publisher:publishServerGPServices", "LOEa"),
    ("marketplace:admin:manage", "Oa"),
    ("marketplace:admin:purchase", "Oa"),
    ("marketplace:admin:startTrial", "Oa"),
];

/// What an account of that product holds.
pub(super) fn held(profile: Profile, administrator: bool) -> BTreeSet<String> {
    let product = match profile {
        Profile::Online | Profile::Legacy => 'O',
        Profile::LocationPlatform => 'L',
        Profile::Enterprise113 | Profile::Enterprise114 | Profile::Enterprise115 => 'E',
    };
    let fits = |flags: &str| flags.contains(product) && (administrator || !flags.contains('a'));
    let mut held: BTreeSet<String> =
        CATALOGUE.iter().filter(|(_, flags)| fits(flags)).map(|(name, _)| (*name).to_owned()).collect();
    if !profile.has_keys() {
        held.remove("portal:user:generateApiTokens");
    }
    held
}

/// The finer privileges a coarse one stands for.
pub(super) fn parts(coarse: &str) -> impl Iterator<Item = &'static str> {
    CATALOGUE.iter().map(|(name, _)| *name).filter(move |name| covers(coarse, name))
}

/// Whether the coarse one makes the finer one redundant.
pub(super) fn covers(coarse: &str, fine: &str) -> bool {
    fine.strip_prefix(coarse).is_some_and(|rest| rest.starts_with(':'))
}
