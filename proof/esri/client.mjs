// Esri's JavaScript packages against a portal at $PORTAL that nobody used before.
import assert from "node:assert/strict";
import {
  SearchQueryBuilder, createFolder, createItem, createItemInFolder, getItem, getItemStatus, getSelf, getUser,
  getUserContent, moveItem, protectItem, removeFolder, removeItem, searchItems, unprotectItem, updateItem,
} from "@esri/arcgis-rest-portal";
import { ApiKeyManager, ApplicationCredentialsManager, ArcGISIdentityManager, request } from "@esri/arcgis-rest-request";

const host = process.env.PORTAL;
const portal = `${host}/sharing/rest`;
const service = `${host}/arcgis/rest/services/Demo/classic/secured`;
const [username, password] = ["developer", "emulator"];
const days = (n) => Date.now() + n * 86_400_000;

let authentication, folder, item, app, key;
const content = (rest) => `${portal}/content/users/${username}/${rest}`;
const post = (url, params) => request(url, { authentication, params });
const byApp = (path, more) =>
  request(`${portal}/oauth2/${path}`, {
    params: { client_id: app.client_id, client_secret: app.client_secret, ...more },
  });

const checks = {
  async "a wrong password is refused in the portal's words"() {
    const refused = ArcGISIdentityManager.signIn({ username, password: "other", portal });
    await assert.rejects(refused, { originalMessage: "400: Unable to generate token." });
  },
  async "a password signs in"() {
    authentication = await ArcGISIdentityManager.signIn({ username, password, portal });
    assert.equal(await authentication.getUsername(), username);
    assert.equal((await getUser({ authentication })).username, username);
  },
  async "the portal names its user"() {
    const self = await getSelf({ authentication });
    assert.deepEqual([self.user.username, self.isPortal], [username, false]);
  },
  async "a folder is made, once"() {
    const made = await createFolder({ title: "Keys", authentication });
    folder = made.folder.id;
    await assert.rejects(createFolder({ title: "keys", authentication }), { code: 400 });
  },
  async "an item is made in a folder and read back"() {
    const made = await createItemInFolder({
      folderId: folder, item: { title: "Map key", type: "Application", tags: ["maps", "team"] }, authentication,
    });
    item = made.id;
    const read = await getItem(item, { authentication });
    assert.deepEqual([read.title, read.tags, read.ownerFolder], ["Map key", ["maps", "team"], folder]);
    assert.equal((await getItemStatus({ id: item, authentication })).status, "completed");
  },
  async "an item is updated and the rest of it kept"() {
    await updateItem({ item: { id: item, title: "Tile key" }, authentication });
    const read = await getItem(item, { authentication });
    assert.deepEqual([read.title, read.tags], ["Tile key", ["maps", "team"]]);
  },
  async "an item is moved to the root and back"() {
    await moveItem({ itemId: item, folderId: "/", authentication });
    assert.equal((await getItem(item, { authentication })).ownerFolder, null);
    assert.equal((await moveItem({ itemId: item, folderId: folder, authentication })).folder, folder);
  },
  async "a protected item stays"() {
    await protectItem({ id: item, authentication });
    await assert.rejects(removeItem({ id: item, authentication }), { code: "CONT_0048" });
    await unprotectItem({ id: item, authentication });
  },
  async "a listing of more than 100 is paged to its end"() {
    for (let n = 0; n < 120; n += 1) {
      await createItem({ item: { title: `Item ${n}`, type: "Application" }, authentication });
    }
    const ids = new Set();
    for (let start = 1; start > 0;) {
      const page = await getUserContent({ start, num: 100, authentication });
      page.items.forEach((one) => ids.add(one.id));
      start = page.nextStart;
    }
    assert.equal(ids.size, 120);
  },
  async "a search of more than 100 is paged to its end"() {
    const q = new SearchQueryBuilder().match(username).in("owner").and().match("Application").in("type");
    const ids = new Set();
    for (let page = await searchItems({ q, num: 100, authentication }); page; page = await page.nextPage?.()) {
      page.results.forEach((one) => ids.add(one.id));
    }
    assert.equal(ids.size, 121);
  },
  async "a stranger finds and sees nothing"() {
    assert.equal((await searchItems({ q: `owner:${username}`, portal })).total, 0);
    await assert.rejects(getItem(item, { portal }), { code: "CONT_0001" });
  },
  async "an app is registered and read back"() {
    app = await post(`${portal}/oauth2/registerApp`, {
      itemId: item, appType: "multiple", redirect_uris: JSON.stringify(["urn:ietf:wg:oauth:2.0:oob"]),
      privileges: JSON.stringify(["premium:user:basemaps"]), httpReferrers: JSON.stringify([]),
    });
    const read = await post(content(`items/${item}/registeredAppInfo`));
    assert.deepEqual([read.client_id, read.apiToken1Active], [app.client_id, false]);
  },
  async "an app signs in and manages nothing"() {
    const { client_id: clientId, client_secret: clientSecret } = app;
    const manager = ApplicationCredentialsManager.fromCredentials({ clientId, clientSecret, portal });
    assert.equal((await getSelf({ authentication: manager })).appInfo.itemId, item);
    const add = request(content("addItem"), { authentication: manager, params: { type: "Application", title: "x" } });
    await assert.rejects(add, { code: "GWM_0003" });
  },
  async "a key is generated and tells what it is"() {
    const apiToken1ExpirationDate = days(30);
    await updateItem({ item: { id: item, apiToken1ExpirationDate }, authentication });
    key = (await byApp("token", { grant_type: "client_credentials", apiToken: 1, regenerateApiToken: true })).access_token;
    const self = await getSelf({ authentication: ApiKeyManager.fromKey(key), portal });
    assert.deepEqual([self.appInfo.itemId, self.appInfo.expirationDate], [item, apiToken1ExpirationDate]);
  },
  async "a key opens a service until it is revoked"() {
    const ask = () => request(service, { authentication: ApiKeyManager.fromKey(key) });
    assert.equal((await ask()).works, true);
    assert.equal((await byApp("revokeToken", { apiToken: 1 })).success, true);
    await assert.rejects(ask(), { name: "ArcGISAuthError", code: 498 });
  },
  async "an item is deleted, a folder with what is in it"() {
    const other = await createItem({ item: { title: "Other", type: "Application" }, authentication });
    await removeItem({ id: other.id, authentication });
    await removeFolder({ folderId: folder, authentication });
    for (const id of [other.id, item]) {
      await assert.rejects(getItem(id, { authentication }), { code: "CONT_0001" });
    }
  },
  async "signing out ends the token"() {
    const token = authentication.token;
    await ArcGISIdentityManager.destroy(authentication);
    const late = request(`${portal}/community/self`, { params: { token } });
    await assert.rejects(late, { code: 498 });
  },
};

let passed = 0;
for (const [name, act] of Object.entries(checks)) {
  try {
    await act();
    passed += 1;
    console.log(`  passed  ${name}`);
  } catch (error) {
    console.log(`  FAILED  ${name}: ${error.stack ?? error}`);
  }
}
const all = Object.keys(checks).length;
console.log(`javascript: ${passed} of ${all} passed, 0 listed`);
process.exitCode = passed === all ? 0 : 1;
