// npm's mailauth, for the scenarios. Reads one JSON document on standard input:
//
//   {"dns": {"name": "TXT value"}, "verify": ["file", …]}
//   {"sign": [{"file": "…", "to": "…"}, …], "domain": "…", "selector": "…", "key": "PEM",
//    "algorithm": "rsa-sha256", "canonicalization": "relaxed/relaxed"}
//
// and prints what it found of each file, one JSON object a line.
'use strict';

const fs = require('node:fs');
const { dkimVerify } = require('mailauth/lib/dkim/verify');
const { dkimSign } = require('mailauth/lib/dkim/sign');

const resolverFor = records => async (name, type) => {
    const text = type === 'TXT' && records[name];
    if (!text) {
        const error = new Error(`no ${type} record of ${name}`);
        error.code = 'ENOTFOUND';
        throw error;
    }
    return [[text]];
};

const verify = async asked => {
    const resolver = resolverFor(asked.dns);
    for (const file of asked.verify) {
        const found = await dkimVerify(fs.readFileSync(file), { resolver });
        const results = found.results.map(one => ({
            result: one.status.result, selector: one.selector, comment: one.status.comment || '' }));
        console.log(JSON.stringify({ file, results }));
    }
};

const sign = async asked => {
    for (const { file, to } of asked.sign) {
        const message = fs.readFileSync(file);
        const made = await dkimSign(message, {
            canonicalization: asked.canonicalization,
            algorithm: asked.algorithm,
            signTime: new Date(),
            signatureData: [{ signingDomain: asked.domain, selector: asked.selector,
                privateKey: asked.key, algorithm: asked.algorithm,
                canonicalization: asked.canonicalization }]
        });
        if (made.errors && made.errors.length) {
            console.log(JSON.stringify({ file, error: String(made.errors[0]) }));
            continue;
        }
        fs.writeFileSync(to, Buffer.concat([Buffer.from(made.signatures), message]));
        console.log(JSON.stringify({ file }));
    }
};

const asked = JSON.parse(fs.readFileSync(0));
(asked.verify ? verify(asked) : sign(asked)).catch(error => {
    console.error(error);
    process.exit(1);
});
