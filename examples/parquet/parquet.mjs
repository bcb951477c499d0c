// SPDX-License-Identifier: Apache-2.0
//
// Parquet to JSON Lines and images, and back, by DuckDB. One image at a time is in memory.
//
//	node parquet.mjs unpack OUT FILE.parquet...		OUT/rows.jsonl, OUT/images/...
//	node parquet.mjs pack OUT.parquet EXPORT IMAGES		of `capqa export --format caprl`
//
// DUCKDB_DIR is the folder that holds node_modules (npm i @duckdb/node-api); else this one's.
import { createHash } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire((process.env.DUCKDB_DIR || process.cwd()) + "/");
const { DuckDBInstance } = require("@duckdb/node-api");
const fail = (text) => { console.error(`parquet: ${text}`); process.exit(65); };
const quote = (text) => `'${text.replaceAll("'", "''")}'`;

const types = [["ffd8ff", "jpg"], ["89504e47", "png"], ["47494638", "gif"], ["424d", "bmp"], ["52494646", "webp"]];
function extension(bytes) {
	const start = Buffer.from(bytes.subarray(0, 8)).toString("hex");
	return (types.find(([magic]) => start.startsWith(magic)) || [, "bin"])[1];
}

// A column of Parquet that is an image: {bytes, path} as Hugging Face writes it, alone or in a
// list. The rows keep the path that stands in its place; names of others never name a file.
async function unpack(db, out, files) {
	const list = `[${files.map(quote).join(",")}]`;
	const columns = (await (await db.run(`describe select * from read_parquet(${list})`)).getRowObjects());
	const names = columns.map((c) => c.column_name);
	if (!names.includes("image"))
		fail(`no column 'image', only ${names.join(", ")}`);
	const others = names.filter((n) => n !== "image").map((n) => `"${n.replaceAll('"', '""')}"`);
	const rows = fs.openSync(`${out}/rows.jsonl`, "w");
	const result = await db.stream(`select image.bytes as bytes, to_json({${others.map((n) => `${n}: ${n}`).join(",")}})
		::varchar as row from read_parquet(${list})`);
	let count = 0;
	for (let chunk; (chunk = await result.fetchChunk()) && chunk.rowCount; ) {
		for (const [blob, row] of chunk.getRows()) {
			const bytes = blob.bytes;
			const name = `images/${createHash("sha256").update(bytes).digest("hex").slice(0, 32)}.${extension(bytes)}`;
			if (!fs.existsSync(`${out}/${name}`))
				fs.writeFileSync(`${out}/${name}`, bytes);
			const tail = row.slice(1) === "}" ? "}" : `,${row.slice(1)}`;
			fs.writeSync(rows, `{"image":${JSON.stringify(name)}${tail}\n`);
			count++;
		}
	}
	fs.closeSync(rows);
	console.log(`${count} rows in ${out}/rows.jsonl`);
}

async function pack(db, out, folder, images) {
	const manifest = JSON.parse(fs.readFileSync(`${folder}/manifest.json`, "utf8"));
	if (manifest.format !== "caprl")
		fail(`'${folder}' is an export of format ${manifest.format}, not caprl`);
	const list = `[${manifest.shards.filter((s) => s.rows).map((s) => quote(`${folder}/${s.name}`)).join(",")}]`;
	const root = quote(path.resolve(images) + "/");
	await db.run(`create view rows as select * from read_json(${list}, format='newline_delimited', compression='zstd')`);
	const [{ missing }] = await (await db.run(`select count(*) as missing from rows
		where ${root} || image not in (select file from glob(${root} || '**'))`)).getRowObjects();
	if (missing)
		fail(`${missing} images are not under ${images}`);
	await db.run(`copy (select id, {bytes: b.content, path: r.image} as image, prompt, data_source, reward_model
		from rows r join read_blob(${root} || '**') b on b.filename = ${root} || r.image)
		to ${quote(out)} (format parquet, compression zstd, row_group_size 1000)`);
	console.log(`${manifest.rows} rows in ${out}`);
}

const [, , verb, out, ...rest] = process.argv;
if (!["unpack", "pack"].includes(verb) || rest.length < (verb === "pack" ? 2 : 1)) {
	console.error("usage: node parquet.mjs unpack OUT FILE.parquet... | pack OUT.parquet EXPORT IMAGES");
	process.exit(2);
}
const db = await (await DuckDBInstance.create(":memory:", { preserve_insertion_order: "true" })).connect();
if (verb === "unpack") {
	fs.mkdirSync(`${out}/images`, { recursive: true });
	await unpack(db, out, rest);
} else {
	await pack(db, out, ...rest);
}
