// A program that uses the AI SDK with its provider for codex; it prints what it got as JSON.
import { generateObject, generateText, streamText } from "ai";
import { createCodexAppServer } from "ai-sdk-provider-codex-cli";
import { z } from "zod";

const { PROGRAM, THREADHOST_HOME, OBJECT, HANGS } = process.env;
const provider = createCodexAppServer({
  defaultSettings: { codexPath: PROGRAM, env: { THREADHOST_HOME } },
});
const model = provider("echo-1");
const options = (own) => ({ providerOptions: { "codex-app-server": own } });
const threadOf = (answer) => answer.finalStep.providerMetadata["codex-app-server"].threadId;

const streamed = streamText({ model, prompt: "tell of owls" });
const pieces = [];
for await (const piece of streamed.textStream) pieces.push(piece);
const usage = await streamed.usage;

const kept = options({ threadMode: "persistent" });
const first = await generateText({ model, prompt: "tell of owls", ...kept });
const thread = threadOf(first);
const second = await generateText({ model, prompt: "and of wrens", ...options({ threadId: thread }) });

const schema = z.object({ bird: z.string() });
const { object } = await generateObject({ model, schema, prompt: `Name a bird.\n${OBJECT}` });

const stop = new AbortController();
const heard = [];
const hanging = streamText({ model, prompt: `Hang.\n${HANGS}`, abortSignal: stop.signal });
for await (const part of hanging.fullStream) {
  if (part.type === "text-delta") stop.abort();
  if (["text-delta", "abort"].includes(part.type)) heard.push(part.type);
}

const models = (await provider.listModels()).models.map((each) => each.id);
await provider.close();
const texts = [pieces.join(""), first.text, second.text];
const sameThread = threadOf(second) === thread;
console.log(JSON.stringify({ texts, sameThread, thread, object, heard, models, usage }));
