"""Plain training in PyTorch, to compare an audit with: the same model, recipe and data as
`cargo run --release -p unearth-training --example throughput`, and nothing recorded.

    python3 bench/plain_torch.py resnet9 50000 32 3 3 --data memory --precision bf16 --augment

Prints one JSON object: seconds of each epoch, and examples per second of the median epoch.

`--data loader` is what most people write: a map-style dataset, one image at a time, a DataLoader with workers.
`--data memory` is what they write when they tune: all pixels on the device, batches by index, channels last.
"""

import argparse
import json
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

MEAN, STD = 127.0, 73.0


def conv_norm(inputs, outputs, side=3, stride=1):
    conv = nn.Conv2d(inputs, outputs, side, stride, side // 2, bias=False)
    return [conv, nn.BatchNorm2d(outputs)]


def block(inputs, outputs):
    return nn.Sequential(*conv_norm(inputs, outputs), nn.ReLU(inplace=True))


class Residual(nn.Module):
    """`resnet9`'s: two blocks beside the identity."""

    def __init__(self, channels):
        super().__init__()
        self.branch = nn.Sequential(block(channels, channels), block(channels, channels))

    def forward(self, x):
        return x + self.branch(x)


class Basic(nn.Module):
    """`resnet18`'s basic block."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.branch = nn.Sequential(
            *conv_norm(inputs, outputs, stride=stride), nn.ReLU(inplace=True), *conv_norm(outputs, outputs)
        )
        same = inputs == outputs and stride == 1
        self.shortcut = nn.Identity() if same else nn.Sequential(*conv_norm(inputs, outputs, 1, stride))

    def forward(self, x):
        return F.relu_(self.branch(x) + self.shortcut(x))


class GlobalMax(nn.Module):
    def forward(self, x):
        return x.amax((2, 3))


class Scale(nn.Module):
    def forward(self, x):
        return x * 0.125


def global_average():
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten()]


def cnn_s(channels, classes):
    return nn.Sequential(
        block(channels, 32), nn.MaxPool2d(2), block(32, 64), nn.MaxPool2d(2), block(64, 128),
        *global_average(), nn.Linear(128, classes),
    )


def resnet9(channels, classes):
    return nn.Sequential(
        block(channels, 64), block(64, 128), nn.MaxPool2d(2), Residual(128), block(128, 256), nn.MaxPool2d(2),
        block(256, 512), nn.MaxPool2d(2), Residual(512), GlobalMax(), nn.Linear(512, classes), Scale(),
    )


def resnet18(channels, classes):
    layers, inputs = [block(channels, 64)], 64
    for stage, outputs in enumerate([64, 128, 256, 512]):
        for at in range(2):
            layers.append(Basic(inputs, outputs, 2 if stage > 0 and at == 0 else 1))
            inputs = outputs
    return nn.Sequential(*layers, *global_average(), nn.Linear(512, classes))


MODELS = {"cnn-s": cnn_s, "resnet9": resnet9, "resnet18": resnet18}


def reflected_shift(images, side):
    """A flip and a shift by up to an eighth of the side, as `flip-crop` does, of each image [b, c, h, w]."""
    most, batch, device = side // 8, images.shape[0], images.device
    flips = torch.randint(0, 2, (batch, 1), device=device)
    down, right = torch.randint(-most, most + 1, (2, batch, 1), device=device)
    at = torch.arange(side, device=device)[None]
    reflect = lambda i: (side - 1) - (i.abs() - (side - 1)).abs()
    rows, columns = reflect(at - down), reflect(at - right)
    columns = torch.where(flips > 0, side - 1 - columns, columns)
    every = torch.arange(batch, device=device)[:, None, None]
    return images.permute(0, 2, 3, 1)[every, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


class Images(Dataset):
    """One image at a time, normalised and augmented by the worker."""

    def __init__(self, pixels, labels, augment):
        self.pixels, self.labels, self.augment = pixels, labels, augment

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        image = self.pixels[i]
        if self.augment:
            image = reflected_shift(image[None], image.shape[-1])[0]
        return (image.float() - MEAN) / STD, self.labels[i]


def batches_of(args, pixels, labels, device):
    """A function that gives the batches of one epoch, on the device."""
    if args.data == "loader":
        loader = DataLoader(
            Images(pixels, labels, args.augment), args.batch_size, shuffle=True, num_workers=args.workers,
            pin_memory=device.type == "cuda", persistent_workers=args.workers > 0,
        )
        return lambda: ((x.to(device, non_blocking=True), y.to(device, non_blocking=True)) for x, y in loader)
    pixels, labels = pixels.to(device), labels.to(device)

    def epoch():
        for indices in torch.randperm(len(labels), device=device).split(args.batch_size):
            images = pixels[indices]
            if args.augment:
                images = reflected_shift(images, args.side)
            images = images.float().sub_(MEAN).div_(STD)
            yield images.contiguous(memory_format=torch.channels_last), labels[indices]

    return epoch


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=MODELS)
    for name, default in [("examples", 10_000), ("side", 32), ("channels", 3), ("epochs", 3)]:
        parser.add_argument(name, type=int, nargs="?", default=default)
    parser.add_argument("--data", choices=["loader", "memory"], default="loader")
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--augment", action="store_true", help="flip and shift")
    parser.add_argument("--tf32", action="store_true", help="let f32 convolutions and products round to TF32")
    parser.add_argument("--benchmark", action="store_true", help="let cuDNN try its kernels")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--workers", type=int, default=2, help="processes that load")
    parser.add_argument("--threads", type=int, help="threads of an operation [default: torch's]")
    args = parser.parse_args()

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = args.tf32
    torch.backends.cudnn.benchmark = args.benchmark
    torch.manual_seed(0)

    shape = (args.examples, args.channels, args.side, args.side)
    pixels = torch.randint(0, 256, shape, dtype=torch.uint8)
    labels = torch.arange(args.examples) % 10
    model = MODELS[args.model](args.channels, 10).to(device)
    if args.data == "memory":
        model = model.to(memory_format=torch.channels_last)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4, fused=True)
    steps = args.epochs * -(-args.examples // args.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=0.1, total_steps=steps, cycle_momentum=False)
    epoch = batches_of(args, pixels, labels, device)

    seconds = []
    for _ in range(args.epochs):
        start = time.perf_counter()
        for images, given in epoch():
            with torch.autocast(device.type, torch.bfloat16, enabled=args.precision == "bf16"):
                logits = model(images)
            loss = F.cross_entropy(logits.float(), given)
            loss.backward()
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            schedule.step()
        if device.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)

    name = torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
    median = statistics.median(seconds[1:] or seconds)
    print(json.dumps({
        **vars(args), "torch": torch.__version__, "device": name, "epoch_seconds": [round(s, 3) for s in seconds],
        "examples_per_second": round(args.examples / median),
    }))


if __name__ == "__main__":
    main()
