// Runs init-mongo.js on a `db` that records and remembers, twice, and looks at what it asked for.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const script = readFileSync(new URL("../init/init-mongo.js", import.meta.url), "utf8");
const table = JSON.parse(script.split("/* table begin */")[1].split("/* table end */")[0]);

function makeDb() {
  const collections = new Map();
  const commands = [];
  return {
    collections,
    commands,
    getName: () => "aastreli",
    getCollectionNames: () => [...collections.keys()],
    getCollection: (name) => ({ getIndexes: () => collections.get(name).indexes }),
    runCommand(doc) {
      commands.push(doc);
      if (doc.create) {
        assert(!collections.has(doc.create), `${doc.create} is created twice`);
        collections.set(doc.create, { ...doc, indexes: [{ name: "_id_", key: { _id: 1 } }] });
      } else if (doc.createIndexes) {
        const { indexes } = collections.get(doc.createIndexes);
        for (const spec of doc.indexes) if (!indexes.some((i) => i.name === spec.name)) indexes.push(spec);
      } else if (doc.dropIndexes) {
        const c = collections.get(doc.dropIndexes);
        c.indexes = c.indexes.filter((i) => i.name !== doc.index);
      } else if (doc.collMod) {
        const c = collections.get(doc.collMod);
        assert(c, `${doc.collMod} is not there`);
        if (doc.index) c.indexes.find((i) => i.name === doc.index.name).expireAfterSeconds = doc.index.expireAfterSeconds;
      } else {
        return { ok: 0, errmsg: "unknown command" };
      }
      return { ok: 1 };
    },
  };
}

function run(db, env = {}) {
  const said = [];
  vm.runInNewContext(script, { db, print: (text) => said.push(text), process: { env } });
  return said;
}

const plain = (value) => JSON.parse(JSON.stringify(value));

test("a fresh database gets every collection and index of the table", () => {
  const db = makeDb();
  assert.equal(run(db).length, 1);
  for (const row of table) {
    const made = db.collections.get(row.name);
    assert(made, row.name);
    const ours = made.indexes.filter((i) => i.name.startsWith("aas:"));
    assert.deepEqual(
      plain(ours.map((i) => [i.name, Object.keys(i.key), i.unique === true, i.sparse === true])),
      row.indexes.map((i) => [i.name, i.keys, i.unique, i.unique]),
    );
  }
});

test("validators know every indexed field, with null, and dotted ones inside", () => {
  const db = makeDb();
  run(db);
  const schema = (name) => plain(db.collections.get(name).validator.$jsonSchema);
  for (const row of table)
    for (const path of Object.keys(row.fields)) {
      const field = path.split(".").reduce((level, part) => level.properties[part], schema(row.name));
      assert(field.bsonType.includes("null"), `${row.name}.${path}`);
    }
  assert.deepEqual(schema("sensors").properties.asset.properties.line.bsonType, ["string", "null"]);
  assert(schema("sensors").required.includes("rev"));
  assert(!schema("sensor_data").required.includes("rev"));
});

test("a second run creates nothing and drops only stale indexes of ours", () => {
  const db = makeDb();
  run(db);
  db.collections.get("alarms").indexes.push({ name: "aas:old", key: { old: 1 } }, { name: "mine", key: { mine: 1 } });
  const before = db.commands.length;
  run(db);
  const second = db.commands.slice(before);
  assert(second.every((c) => !c.create));
  assert.deepEqual(plain(second.filter((c) => c.dropIndexes)), [{ dropIndexes: "alarms", index: "aas:old" }]);
});

test("the TTL net hangs four times as deep as the retention time, and follows it", () => {
  const db = makeDb();
  const net = (name, field) => db.collections.get(name).indexes.find((i) => i.name === `ttl:${field}`).expireAfterSeconds;
  run(db);
  assert.equal(net("sensor_data", "received"), 4 * 7 * 86400);
  assert.equal(net("quarantine", "at"), 4 * 14 * 86400);
  run(db, { AAS_RETENTION_RAW: "48h" });
  assert.equal(net("sensor_data", "received"), 4 * 48 * 3600);
  assert.throws(() => run(db, { AAS_RETENTION_RAW: "soon" }), /retention time "soon"/);
});

test("the views unwind buckets", () => {
  const db = makeDb();
  run(db);
  assert.equal(db.collections.get("readings").viewOn, "sensor_data");
  assert.equal(db.collections.get("rollup_channels").viewOn, "rollups");
});
