// Sends a subscription message to a user of the emulator, with nothing but fetch. Start the emulator first:
//
//   go run ./cmd/wechat-emulator
//   node examples/node/send.mjs
//
// What goes to WeChat's paths is what a real account would get. What goes to /_emulator/ stands for the
// user's taps and eyes, as a test in any language needs them.

const base = process.env.WECHAT_BASE_URL ?? "http://127.0.0.1:8630";
const appID = process.env.WECHAT_APPID ?? "wx00000000000000a1";
const secret = process.env.WECHAT_APPSECRET ?? "demo0secret0of0the0mini0program0";
const templateID = process.env.WECHAT_TEMPLATE ?? "demo-contract-due";

async function call(method, path, body) {
  const response = await fetch(base + path, {
    method,
    headers: body && { "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${answer.error}`);
  return answer;
}

const control = (method, path, body) => call(method, "/_emulator/api" + path, body);

async function send(token, openID) {
  const answer = await call("POST", "/cgi-bin/message/subscribe/send?access_token=" + token, {
    touser: openID,
    template_id: templateID,
    page: "pages/contract?id=7",
    data: {
      thing1: { value: "Fire insurance" },
      date2: { value: "2026-12-01" },
      thing3: { value: "Please renew in time" },
    },
  });
  return `errcode ${answer.errcode}`;
}

// The user opens the Mini Program and accepts one message.
const alice = await control("POST", "/users/alice/accept", { templateIds: [templateID] });
const { openId } = alice.accounts.find((account) => account.appId === appID);

// The server gets its access token and sends twice: the acceptance was for one message.
const { access_token } = await call("POST", "/cgi-bin/stable_token", {
  grant_type: "client_credential",
  appid: appID,
  secret,
});
console.log("first message:", await send(access_token, openId));
console.log("second message:", await send(access_token, openId));

// What alice's phone shows.
const { messages } = await control("GET", "/users/alice/messages");
const last = messages.at(-1);
const lines = last.lines.map((line) => `${line.label}: ${line.value}`);
console.log(`alice reads: ${last.title} (${lines.join(", ")})`);
