"""What the benchmarks compare with, in Python: a worker that does one round when told.

Called as `rivals.py WHAT VOCABULARY EMBEDDING HIDDEN LAYERS STEPS BATCH`; WHAT is one of
torch-f32, torch-bf16 (training, one step a round), onnx-f32, onnx-int8 (sampling, 200 tokens a round,
one thread). Prints `ready`, then for each line on its input the seconds that a round took.
"""

import os
import sys
import tempfile
import time

WHAT = sys.argv[1]
VOCABULARY, EMBEDDING, HIDDEN, LAYERS, STEPS, BATCH = map(int, sys.argv[2:8])
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


def zero(batch):
    return torch.zeros(LAYERS, batch, HIDDEN)


def training(bf16):
    torch.set_num_threads(os.cpu_count())
    net = Net()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, betas=(0.9, 0.99))
    tokens = torch.randint(VOCABULARY, (STEPS + 1, BATCH))
    state = [zero(BATCH), zero(BATCH)]

    def step():
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            logits, h, c = net(tokens[:-1], *state)
            loss = torch.nn.functional.cross_entropy(
                logits.reshape(-1, VOCABULARY), tokens[1:].reshape(-1)
            )
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
