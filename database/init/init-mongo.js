// Prepares a MongoDB (5 or newer) for Aastreli: collections and indexes as in shared/src/io/store_collections.c, and what
// only MongoDB has: validators, a TTL safety net behind the services' own retention, and views that unwind the buckets.
// Run it again at any time; it changes what differs.
//
//   mongosh "mongodb://host/aastreli" database/init/init-mongo.js
//
// As a script of the mongo container's /docker-entrypoint-initdb.d it works on MONGO_INITDB_DATABASE. The retention
// times are taken from AAS_RETENTION_{RAW,ROLLUPS,PREDICTIONS,QUARANTINE}, as the services do.

// The collection table, compared with the C table by a test: `build/asan/tests/test_init_mongo --print` prints it.
const TABLE = /* table begin */ [
  { "name": "sensors", "revisions": true,
    "fields": { "status": "string", "type": "string", "asset.line": "string", "model": "string", "last_seen": "date",
      "created": "date" },
    "indexes": [
      {"name": "aas:status", "keys": ["status", "_id"], "unique": false},
      {"name": "aas:type", "keys": ["type", "_id"], "unique": false},
      {"name": "aas:asset.line", "keys": ["asset.line", "_id"], "unique": false},
      {"name": "aas:last_seen", "keys": ["last_seen", "_id"], "unique": false}
    ] },
  { "name": "sensor_data", "revisions": false,
    "fields": { "sensor_id": "string", "start": "date", "end": "date", "received": "date", "n": "int" },
    "indexes": [
      {"name": "aas:sensor_id,start+end,n", "keys": ["sensor_id", "start", "_id", "end", "n"], "unique": false},
      {"name": "aas:sensor_id,end", "keys": ["sensor_id", "end", "_id"], "unique": false},
      {"name": "aas:end", "keys": ["end", "_id"], "unique": false},
      {"name": "aas:received", "keys": ["received", "_id"], "unique": false}
    ] },
  { "name": "rollups", "revisions": true,
    "fields": { "sensor_id": "string", "minute": "date", "received": "date", "readings": "int", "late": "int",
      "duplicate": "int", "quarantined": "int" },
    "indexes": [
      {"name": "aas:sensor_id,minute+readings,late,duplicate,quarantined",
        "keys": ["sensor_id", "minute", "_id", "readings", "late", "duplicate", "quarantined"], "unique": false},
      {"name": "aas:minute+sensor_id,readings", "keys": ["minute", "_id", "sensor_id", "readings"], "unique": false},
      {"name": "aas:received", "keys": ["received", "_id"], "unique": false}
    ] },
  { "name": "predictions", "revisions": false,
    "fields": { "sensor_id": "string", "at": "date", "label": "string", "state": "string", "model": "string",
      "role": "string", "is_anomaly": "bool", "confidence": "number", "received": "date" },
    "indexes": [
      {"name": "aas:sensor_id,at+state,label,confidence,is_anomaly",
        "keys": ["sensor_id", "at", "_id", "state", "label", "confidence", "is_anomaly"], "unique": false},
      {"name": "aas:at+confidence,is_anomaly,state,role",
        "keys": ["at", "_id", "confidence", "is_anomaly", "state", "role"], "unique": false},
      {"name": "aas:label,at+confidence,model,sensor_id",
        "keys": ["label", "at", "_id", "confidence", "model", "sensor_id"], "unique": false},
      {"name": "aas:state,at+confidence,model,sensor_id",
        "keys": ["state", "at", "_id", "confidence", "model", "sensor_id"], "unique": false},
      {"name": "aas:model,at+confidence,is_anomaly,role,sensor_id",
        "keys": ["model", "at", "_id", "confidence", "is_anomaly", "role", "sensor_id"], "unique": false},
      {"name": "aas:is_anomaly,at+confidence,label,sensor_id",
        "keys": ["is_anomaly", "at", "_id", "confidence", "label", "sensor_id"], "unique": false},
      {"name": "aas:received", "keys": ["received", "_id"], "unique": false}
    ] },
  { "name": "feedback", "revisions": true,
    "fields": { "sensor_id": "string", "prediction_id": "string", "user": "string", "verdict": "string",
      "label": "string", "at": "date", "start": "date", "end": "date" },
    "indexes": [
      {"name": "aas:sensor_id,at", "keys": ["sensor_id", "at", "_id"], "unique": false},
      {"name": "aas:prediction_id", "keys": ["prediction_id", "_id"], "unique": false},
      {"name": "aas:user,at", "keys": ["user", "at", "_id"], "unique": false},
      {"name": "aas:verdict,at", "keys": ["verdict", "at", "_id"], "unique": false},
      {"name": "aas:label,at", "keys": ["label", "at", "_id"], "unique": false},
      {"name": "aas:at", "keys": ["at", "_id"], "unique": false},
      {"name": "aas:sensor_id,end", "keys": ["sensor_id", "end", "_id"], "unique": false}
    ] },
  { "name": "models", "revisions": true,
    "fields": { "status": "string", "sensor_type": "string", "created": "date" },
    "indexes": [
      {"name": "aas:status,created", "keys": ["status", "created", "_id"], "unique": false},
      {"name": "aas:sensor_type,created", "keys": ["sensor_type", "created", "_id"], "unique": false},
      {"name": "aas:created", "keys": ["created", "_id"], "unique": false}
    ] },
  { "name": "faults", "revisions": true,
    "fields": { "enabled": "bool" },
    "indexes": [
      {"name": "aas:enabled", "keys": ["enabled", "_id"], "unique": false}
    ] },
  { "name": "alarms", "revisions": true,
    "fields": { "sensor_id": "string", "fault": "string", "priority": "string", "state": "string",
      "open_key": "string", "raised": "date", "returned": "date", "cleared": "date", "shelved_until": "date",
      "model": "string" },
    "indexes": [
      {"name": "aas:open_key", "keys": ["open_key"], "unique": true},
      {"name": "aas:sensor_id,raised+state,priority,fault",
        "keys": ["sensor_id", "raised", "_id", "state", "priority", "fault"], "unique": false},
      {"name": "aas:state,raised+priority", "keys": ["state", "raised", "_id", "priority"], "unique": false},
      {"name": "aas:priority,raised", "keys": ["priority", "raised", "_id"], "unique": false},
      {"name": "aas:fault,raised", "keys": ["fault", "raised", "_id"], "unique": false},
      {"name": "aas:raised+state,priority,fault",
        "keys": ["raised", "_id", "state", "priority", "fault"], "unique": false},
      {"name": "aas:shelved_until", "keys": ["shelved_until", "_id"], "unique": false},
      {"name": "aas:cleared", "keys": ["cleared", "_id"], "unique": false}
    ] },
  { "name": "users", "revisions": true,
    "fields": { "role": "string", "disabled": "bool", "created": "date" },
    "indexes": [
      {"name": "aas:role", "keys": ["role", "_id"], "unique": false},
      {"name": "aas:created", "keys": ["created", "_id"], "unique": false}
    ] },
  { "name": "tokens", "revisions": true,
    "fields": { "kind": "string", "user": "string", "family": "string", "created": "date", "expires": "date",
      "revoked": "bool" },
    "indexes": [
      {"name": "aas:user,kind", "keys": ["user", "kind", "_id"], "unique": false},
      {"name": "aas:family", "keys": ["family", "_id"], "unique": false},
      {"name": "aas:expires", "keys": ["expires", "_id"], "unique": false},
      {"name": "aas:kind,created", "keys": ["kind", "created", "_id"], "unique": false}
    ] },
  { "name": "audit", "revisions": false,
    "fields": { "seq": "int", "at": "date", "user": "string", "action": "string", "target": "string" },
    "indexes": [
      {"name": "aas:seq", "keys": ["seq"], "unique": true},
      {"name": "aas:at", "keys": ["at", "_id"], "unique": false},
      {"name": "aas:user,at", "keys": ["user", "at", "_id"], "unique": false},
      {"name": "aas:action,at", "keys": ["action", "at", "_id"], "unique": false},
      {"name": "aas:target,at", "keys": ["target", "at", "_id"], "unique": false}
    ] },
  { "name": "quarantine", "revisions": true,
    "fields": { "sensor_id": "string", "reason": "string", "topic": "string", "at": "date" },
    "indexes": [
      {"name": "aas:sensor_id,at", "keys": ["sensor_id", "at", "_id"], "unique": false},
      {"name": "aas:reason,at", "keys": ["reason", "at", "_id"], "unique": false},
      {"name": "aas:at", "keys": ["at", "_id"], "unique": false}
    ] },
  { "name": "settings", "revisions": true,
    "fields": {},
    "indexes": [] },
  { "name": "jobs", "revisions": true,
    "fields": { "status": "string", "kind": "string", "created": "date", "finished": "date" },
    "indexes": [
      {"name": "aas:status,created", "keys": ["status", "created", "_id"], "unique": false},
      {"name": "aas:kind,created", "keys": ["kind", "created", "_id"], "unique": false},
      {"name": "aas:created", "keys": ["created", "_id"], "unique": false},
      {"name": "aas:finished", "keys": ["finished", "_id"], "unique": false}
    ] }
] /* table end */;

// What every document of a collection has, beside _id.
const REQUIRED = {
  sensor_data: ["sensor_id", "start", "end", "n", "received"],
  rollups: ["sensor_id", "minute"],
  predictions: ["sensor_id", "at", "state"],
  alarms: ["sensor_id", "state", "raised"],
  quarantine: ["reason", "at"],
  audit: ["seq", "at"],
};

const BSON_TYPES = {
  string: ["string", "null"],
  int: ["int", "long", "null"],
  number: ["double", "int", "long", "null"],
  bool: ["bool", "null"],
  date: ["date", "null"],
};

// The services remove by `received` (which back-filled history gets when it arrives) and spare data under open alarms
// and under unused feedback. The net knows nothing of that: it hangs four times as deep.
const NET_DEPTH = 4;
const NETS = [
  { collection: "sensor_data", field: "received", env: "AAS_RETENTION_RAW", otherwise: "7d" },
  { collection: "rollups", field: "received", env: "AAS_RETENTION_ROLLUPS", otherwise: "400d" },
  { collection: "predictions", field: "received", env: "AAS_RETENTION_PREDICTIONS", otherwise: "90d" },
  { collection: "quarantine", field: "at", env: "AAS_RETENTION_QUARANTINE", otherwise: "14d" },
  { collection: "tokens", field: "expires", env: null, otherwise: "7d" },
];

// For Grafana and people. Filter by sensor_id and bucket_start first: those reach the index through the view.
const VIEWS = [
  {
    name: "readings",
    on: "sensor_data",
    pipeline: [
      { $project: { sensor_id: 1, bucket_start: "$start", t: 1, v: { $objectToArray: "$v" } } },
      { $unwind: "$v" },
      { $unwind: { path: "$v.v", includeArrayIndex: "i" } },
      {
        $project: {
          _id: 0, sensor_id: 1, bucket_start: 1, channel: "$v.k", value: "$v.v",
          at: { $toDate: { $arrayElemAt: ["$t", "$i"] } },
        },
      },
    ],
  },
  {
    name: "rollup_channels",
    on: "rollups",
    pipeline: [
      { $project: { sensor_id: 1, minute: 1, v: { $objectToArray: "$v" } } },
      { $unwind: "$v" },
      {
        $project: {
          _id: 0, sensor_id: 1, minute: 1, channel: "$v.k", n: "$v.v.n", min: "$v.v.min", max: "$v.v.max",
          sum: "$v.v.sum", last: "$v.v.last",
          mean: { $cond: [{ $gt: ["$v.v.n", 0] }, { $divide: ["$v.v.sum", "$v.v.n"] }, null] },
        },
      },
    ],
  },
];

function seconds(text) {
  const m = /^(\d+)(s|m|h|d)$/.exec(text);
  if (!m) throw new Error(`retention time "${text}" is not a number with s, m, h or d`);
  return Number(m[1]) * { s: 1, m: 60, h: 3600, d: 86400 }[m[2]];
}

function validator(row) {
  const properties = { _id: { bsonType: "string", minLength: 1 } };
  if (row.revisions) properties.rev = { bsonType: "long", minimum: 1 };
  for (const [path, kind] of Object.entries(row.fields)) {
    const parts = path.split(".");
    let level = properties;
    while (parts.length > 1) {
      const part = parts.shift();
      level[part] ??= { bsonType: ["object", "null"], properties: {} };
      level = level[part].properties;
    }
    level[parts[0]] = { bsonType: BSON_TYPES[kind] };
  }
  const required = ["_id", ...(row.revisions ? ["rev"] : []), ...(REQUIRED[row.name] ?? [])];
  return { $jsonSchema: { bsonType: "object", required, properties } };
}

function command(doc) {
  const answer = db.runCommand(doc);
  if (answer.ok !== 1) throw new Error(`${Object.keys(doc)[0]}: ${answer.errmsg}`);
  return answer;
}

function specification(index) {
  const spec = { key: Object.fromEntries(index.keys.map((k) => [k, 1])), name: index.name };
  return index.unique ? { ...spec, unique: true, sparse: true } : spec;
}

function ensureCollection(row) {
  const rules = { validator: validator(row), validationLevel: "moderate", validationAction: "error" };
  if (db.getCollectionNames().includes(row.name)) command({ collMod: row.name, ...rules });
  else command({ create: row.name, ...rules });
  const known = new Set(row.indexes.map((i) => i.name));
  for (const index of db.getCollection(row.name).getIndexes())
    if (index.name.startsWith("aas:") && !known.has(index.name)) command({ dropIndexes: row.name, index: index.name });
  if (row.indexes.length > 0) command({ createIndexes: row.name, indexes: row.indexes.map(specification) });
}

function ensureNet(net) {
  const keep = (net.env && typeof process !== "undefined" && process.env[net.env]) || net.otherwise;
  const expireAfterSeconds = seconds(keep) * NET_DEPTH;
  const name = `ttl:${net.field}`;
  const there = db.getCollection(net.collection).getIndexes().find((i) => i.name === name);
  if (!there)
    command({ createIndexes: net.collection, indexes: [{ key: { [net.field]: 1 }, name, expireAfterSeconds }] });
  else if (Number(there.expireAfterSeconds) !== expireAfterSeconds)
    command({ collMod: net.collection, index: { name, expireAfterSeconds } });
}

function ensureView(view) {
  if (db.getCollectionNames().includes(view.name))
    command({ collMod: view.name, viewOn: view.on, pipeline: view.pipeline });
  else command({ create: view.name, viewOn: view.on, pipeline: view.pipeline });
}

TABLE.forEach(ensureCollection);
NETS.forEach(ensureNet);
VIEWS.forEach(ensureView);
print(`aastreli: ${TABLE.length} collections, ${NETS.length} TTL nets, ${VIEWS.length} views in ${db.getName()}`);
