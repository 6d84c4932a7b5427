"""What the benchmarks compare with, in Python: a worker that does one round when told.

Called as `rivals.py WHAT VOCABULARY EMBEDDING HIDDEN LAYERS STEPS BATCH LOOKBACKS LABELS DROPOUT`;
WHAT is one of torch-f32, torch-bf16 (training, one step a round), onnx-f32, onnx-int8 (sampling of a
bare LSTM, 200 tokens a round, one thread). Prints `ready`, then for each line on its input the seconds
that a round took.
"""

import os
import sys
import tempfile
import time

WHAT = sys.argv[1]
VOCABULARY, EMBEDDING, HIDDEN, LAYERS, STEPS, BATCH, LOOKBACKS, LABELS = map(int, sys.argv[2:10])
DROPOUT = float(sys.argv[10])
N_TOKENS = 200

import torch  # noqa: E402

torch.manual_seed(1)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(VOCABULARY, EMBEDDING)
        self.lstm = torch.nn.LSTM(EMBEDDING, HIDDEN, LAYERS)
        self.output = torch.nn.Linear(HIDDEN, VOCABULARY)

    def forward(self, tokens, h, c):
        x, (h, c) = self.lstm(self.embedding(tokens), (h, c))
        return self.output(x), h, c


class Whole(torch.nn.Module):
    """What is shipped: lookbacks and a label among the inputs, dropout by lane, copy gates."""

    def __init__(self):
        super().__init__()
        self.rows = VOCABULARY + 1
        self.embedding = torch.nn.Embedding((1 + LOOKBACKS) * self.rows, EMBEDDING)
        self.label = torch.nn.Embedding(LABELS, EMBEDDING)
        widths = [EMBEDDING] + [HIDDEN] * LAYERS
        self.layers = torch.nn.ModuleList(torch.nn.LSTM(width, HIDDEN) for width in widths[:-1])
        self.masked = widths
        self.output = torch.nn.Linear(HIDDEN, VOCABULARY)
        self.copy = torch.nn.Linear(HIDDEN, LOOKBACKS)

    def mask(self, x, idx):
        kept = torch.full((1, BATCH, self.masked[idx]), 1 - DROPOUT)
        return x * (torch.bernoulli(kept) / (1 - DROPOUT)).to(x.dtype)

    def forward(self, tokens, suggested, labels, h, c):
        inputs = torch.cat([tokens.unsqueeze(2), suggested], 2)
        inputs = inputs + torch.arange(1 + LOOKBACKS) * self.rows
        x = self.embedding(inputs).sum(2) + self.label(labels)
        state = []
        for idx, layer in enumerate(self.layers):
            x, after = layer(self.mask(x, idx), (h[idx : idx + 1], c[idx : idx + 1]))
            state.append(after)
        x = self.mask(x, LAYERS)
        logits, gates = self.output(x), self.copy(x)
        # The last column takes what is suggested where nothing is.
        logits = torch.nn.functional.pad(logits, (0, 1)).scatter_add(2, suggested, gates)
        return logits[..., :VOCABULARY], *(torch.cat(part) for part in zip(*state))


def zero(batch):
    return torch.zeros(LAYERS, batch, HIDDEN)


def training(bf16):
    torch.set_num_threads(os.cpu_count())
    whole = LOOKBACKS > 0
    net = Whole() if whole else Net()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, betas=(0.9, 0.99))
    tokens = torch.randint(VOCABULARY, (STEPS + 1, BATCH))
    guesses = torch.randint(VOCABULARY + 1, (STEPS, BATCH, LOOKBACKS))
    hits = torch.rand(STEPS, BATCH, LOOKBACKS) < 0.6
    suggested = torch.where(hits, tokens[1:].unsqueeze(2), guesses)
    labels = torch.randint(max(LABELS, 1), (1, BATCH))
    weights = torch.ones(STEPS * BATCH)
    state = [zero(BATCH), zero(BATCH)]

    def step():
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            told = (suggested, labels) if whole else ()
            logits, h, c = net(tokens[:-1], *told, *state)
            losses = torch.nn.functional.cross_entropy(
                logits.reshape(-1, VOCABULARY), tokens[1:].reshape(-1), reduction="none"
            )
            loss = (losses * weights).sum() / weights.sum()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        state[0], state[1] = h.detach().float(), c.detach().float()

    return step


def sampling(int8):
    import onnxruntime

    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "net.onnx")
    net = Net().eval()
    example = (torch.zeros(1, 1, dtype=torch.long), zero(1), zero(1))
    names = ["tokens", "h", "c"]
    torch.onnx.export(
        net, example, path, input_names=names, output_names=["logits", "h_out", "c_out"],
        opset_version=17, dynamo=False,
    )
    if int8:
        from onnxruntime.quantization import quantize_dynamic

        quantize_dynamic(path, path + ".int8")
        path += ".int8"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = {name: value.numpy() for name, value in zip(names, example)}

    def step():
        for _ in range(N_TOKENS):
            logits, feed["h"], feed["c"] = session.run(None, feed)
            feed["tokens"][0, 0] = logits.argmax()

    return step


kind, precision = WHAT.split("-")
step = training(precision == "bf16") if kind == "torch" else sampling(precision == "int8")
step()
step()
print("ready", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    step()
    print(time.perf_counter() - start, flush=True)
