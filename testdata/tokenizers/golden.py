"""Makes small tokenizers of every kind with PyPI tokenizers, and what they return for texts in many scripts.

NAME.json is a tokenizer, golden.json has the results: for each tokenizer and text the ids, tokens, offsets (in characters), words, type
ids, special-token and attention masks, and the decoded texts. Run with tokenizers and sentencepiece installed. Training is not deterministic
there, so the tokenizers are trained only if their file is missing, or with --train.
"""
import json
import pathlib
import sys
import tempfile

import sentencepiece
import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders as D, models as M, normalizers as N, pre_tokenizers as P, processors as X, trainers as T

from texts import CORPUS, PAIRS, TEXTS

here = pathlib.Path(__file__).parent

LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace("{1,3}", "")
QWEN_MARKS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
O200K = "|".join([
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])
CLIP = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
ALPHABET = sorted(P.ByteLevel.alphabet())


def train(tok, trainer):
    tok.train_from_iterator(CORPUS, trainer)
    return tok


def byte_level(size=420, pre=None, special=(), alphabet=ALPHABET, **kw):
    tok = Tokenizer(M.BPE(**kw))
    tok.pre_tokenizer = pre or P.ByteLevel(add_prefix_space=False)
    tok.decoder = D.ByteLevel()
    return train(tok, T.BpeTrainer(vocab_size=size, special_tokens=list(special), initial_alphabet=alphabet, show_progress=False))


def split_then_bytes(pattern):
    return P.Sequence([P.Split(Regex(pattern), "isolated", False), P.ByteLevel(add_prefix_space=False, use_regex=False)])


def field(message, number):
    """A field of a protobuf message that holds bytes."""
    at = 0

    def varint():
        nonlocal at
        n = shift = 0
        while True:
            b = message[at]
            at += 1
            n |= (b & 127) << shift
            shift += 7
            if b < 128:
                return n

    while at < len(message):
        tag = varint()
        size = {0: 0, 1: 8, 2: 0, 5: 4}[tag & 7]
        if tag & 7 == 0:
            varint()
        elif tag & 7 == 2:
            size = varint()
        at += size
        if tag == number << 3 | 2:
            return message[at - size:at]


def charsmap():
    """A small charsmap: SentencePiece compiles it from rules."""
    rules = {"\uff21": "A", "\ufb01": "fi", "\u00e9": "e", "e\u0301": "e", "\u337f": "\u682a\u5f0f\u4f1a\u793e", "\u00bd": "1/2", "\u00a0": " ", "\t": " ", "\u200b": "",
             "\u2026": "...", "\u00df": "ss", "a\u0308": "\u00e4", "\r\n": " ", "\u0301": "", "\u304b\u3099": "\u304c", "\uff11": "1", "x\u0301": "y"}
    with tempfile.TemporaryDirectory() as d:
        d = pathlib.Path(d)
        (d / "rules.tsv").write_text("".join(" ".join(f"{ord(c):X}" for c in a) + "\t" + " ".join(f"{ord(c):X}" for c in b) + "\n" for a, b in rules.items()))
        (d / "text").write_text("\n".join(" ".join(t.split()) for t in CORPUS))
        sentencepiece.SentencePieceTrainer.train(input=str(d / "text"), model_prefix=str(d / "m"), vocab_size=300, normalization_rule_tsv=str(d / "rules.tsv"),
                                                 hard_vocab_limit=False, minloglevel=2)
        return field(field((d / "m.model").read_bytes(), 3), 2)  # normalizer_spec.precompiled_charsmap


def zoo():
    out = {}

    tok = Tokenizer(M.WordPiece(unk_token="[UNK]"))
    tok.normalizer, tok.pre_tokenizer, tok.decoder = N.BertNormalizer(), P.BertPreTokenizer(), D.WordPiece()
    train(tok, T.WordPieceTrainer(vocab_size=500, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"], show_progress=False))
    tok.add_special_tokens([AddedToken("[MASK]", lstrip=True)])
    tok.post_processor = X.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    out["bert"] = tok

    tok = Tokenizer(M.WordPiece(unk_token="[UNK]", max_input_chars_per_word=12))
    tok.normalizer, tok.pre_tokenizer, tok.decoder = N.BertNormalizer(lowercase=False, clean_text=False, strip_accents=True), P.BertPreTokenizer(), D.WordPiece(cleanup=False)
    train(tok, T.WordPieceTrainer(vocab_size=400, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"], show_progress=False))
    tok.post_processor = X.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tok.enable_truncation(13)
    tok.enable_padding(pad_to_multiple_of=8)
    out["bert_cased"] = tok

    tok = byte_level(special=["<|endoftext|>"])
    tok.add_tokens([AddedToken("<|endoftext|>", special=True, normalized=True)])
    tok.post_processor = X.ByteLevel(trim_offsets=False)
    out["gpt2"] = tok

    tok = byte_level(pre=P.ByteLevel(add_prefix_space=True), special=["<s>", "<pad>", "</s>", "<unk>"])
    tok.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    tok.post_processor = X.RobertaProcessing(("</s>", 2), ("<s>", 0))
    tok.enable_truncation(11, strategy="longest_first", direction="left")
    tok.enable_padding(direction="left", length=16, pad_id=1, pad_type_id=3, pad_token="<pad>")
    out["roberta"] = tok

    tok = byte_level(pre=split_then_bytes(LLAMA3), ignore_merges=True)
    tok.add_special_tokens(["<|begin_of_text|>", "<|eot_id|>"])
    bos = tok.token_to_id("<|begin_of_text|>")
    tok.post_processor = X.Sequence([X.ByteLevel(trim_offsets=True), X.TemplateProcessing(
        single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|>:1 $B:1", special_tokens=[("<|begin_of_text|>", bos)])])
    out["llama3"] = tok

    tok = byte_level(pre=split_then_bytes(QWEN2))
    tok.normalizer = N.NFC()
    tok.add_special_tokens(["<|im_start|>", "<|im_end|>"])
    tok.add_tokens(["<tool_call>"])
    tok.post_processor = X.ByteLevel(add_prefix_space=False, trim_offsets=False)
    out["qwen2"] = tok

    out["qwen_marks"] = byte_level(pre=split_then_bytes(QWEN_MARKS))
    out["o200k"] = byte_level(pre=split_then_bytes(O200K))
    out["smollm"] = byte_level(pre=P.Sequence([P.Digits(individual_digits=True), P.ByteLevel(add_prefix_space=False)]), special=["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    out["digits_prefix"] = byte_level(pre=P.Sequence([P.Digits(individual_digits=False), P.ByteLevel(add_prefix_space=True)]))
    out["missing_bytes"] = byte_level(size=150, alphabet=[])

    tok = Tokenizer(M.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tok.normalizer = N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")])
    tok.decoder = D.Sequence([D.Replace("▁", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)])
    train(tok, T.BpeTrainer(vocab_size=620, max_token_length=12, special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)], limit_alphabet=60, show_progress=False))
    spec = json.loads(tok.to_str())
    spec["added_tokens"] = spec["added_tokens"][:3]
    tok = Tokenizer.from_str(json.dumps(spec))
    tok.post_processor = X.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    out["llama2"] = tok

    spec["normalizer"], spec["pre_tokenizer"] = None, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}
    out["llama2_first"] = Tokenizer.from_str(json.dumps(spec))
    spec["normalizer"] = {"type": "Strip", "strip_left": True, "strip_right": True}
    spec["model"]["byte_fallback"], spec["model"]["fuse_unk"] = False, False
    out["metaspace_strip"] = Tokenizer.from_str(json.dumps(spec))
    spec["model"]["fuse_unk"] = True
    spec["pre_tokenizer"] = {"type": "Metaspace", "replacement": "_", "prepend_scheme": "always", "split": True}
    spec["decoder"] = {"type": "Metaspace", "replacement": "_", "prepend_scheme": "always", "split": True}
    out["metaspace_always"] = Tokenizer.from_str(json.dumps(spec))
    spec["model"]["byte_fallback"] = True
    for b in "0123":  # a pending unknown character stays behind the bytes of the next one
        del spec["model"]["vocab"][f"<0xE{b}>"]
    spec["pre_tokenizer"] = {"type": "WhitespaceSplit"}
    spec["decoder"] = None
    out["some_bytes"] = Tokenizer.from_str(json.dumps(spec))

    tok = Tokenizer(M.Unigram())
    tok.normalizer = N.Precompiled(charsmap())
    tok.pre_tokenizer = P.Sequence([P.WhitespaceSplit(), P.Metaspace()])
    tok.decoder = D.Metaspace()
    train(tok, T.UnigramTrainer(vocab_size=300, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False))
    tok.post_processor = X.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    out["t5"] = tok
    spec = json.loads(tok.to_str())
    spec["model"]["vocab"] += [[f"<0x{b:02X}>", -20.0] for b in range(256)]
    spec["model"]["byte_fallback"] = True
    spec["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "Nmt"}, {"type": "NFKC"}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]}
    spec["pre_tokenizer"] = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    spec["decoder"] = {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}]}
    out["unigram_bytes"] = Tokenizer.from_str(json.dumps(spec))

    tok = Tokenizer(M.BPE(unk_token="<|endoftext|>", end_of_word_suffix="</w>"))
    tok.normalizer = N.Sequence([N.NFC(), N.Replace(Regex(r"\s+"), " "), N.Lowercase()])
    tok.pre_tokenizer = P.Sequence([P.Split(Regex(CLIP), "removed", True), P.ByteLevel(add_prefix_space=False)])
    tok.decoder = D.BPEDecoder("</w>")
    train(tok, T.BpeTrainer(vocab_size=420, end_of_word_suffix="</w>", special_tokens=["<|startoftext|>", "<|endoftext|>"], initial_alphabet=ALPHABET, show_progress=False))
    tok.post_processor = X.RobertaProcessing(("<|endoftext|>", 1), ("<|startoftext|>", 0), trim_offsets=False, add_prefix_space=False)
    out["clip"] = tok

    tok = Tokenizer(M.WordLevel(unk_token="<unk>"))
    tok.pre_tokenizer = P.Whitespace()
    train(tok, T.WordLevelTrainer(vocab_size=120, special_tokens=["<unk>"], show_progress=False))
    out["wordlevel"] = tok
    spec = json.loads(tok.to_str())
    spec["pre_tokenizer"] = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    spec["post_processor"] = spec["pre_tokenizer"]
    out["wordlevel_bytes"] = Tokenizer.from_str(json.dumps(spec))

    tok = Tokenizer(M.BPE(unk_token="<unk>", continuing_subword_prefix="##", end_of_word_suffix="$"))
    tok.normalizer = N.Sequence([N.NFKD(), N.StripAccents(), N.Strip(), N.Lowercase()])
    tok.pre_tokenizer = P.WhitespaceSplit()
    tok.decoder = D.CTC("a", "b")
    train(tok, T.BpeTrainer(vocab_size=200, continuing_subword_prefix="##", end_of_word_suffix="$", limit_alphabet=40, special_tokens=["<unk>"], show_progress=False))
    out["affixes"] = tok

    chars = sorted({c for t in CORPUS + TEXTS for c in t})
    base = Tokenizer(M.BPE(vocab={c: i for i, c in enumerate(["?"] + [c for c in chars if c != "?"])}, merges=[], unk_token="?"))
    spec = json.loads(base.to_str())

    def variant(name, **parts):
        s = dict(spec)
        s.update({k: json.loads(v.__getstate__()) for k, v in parts.items()})
        out[name] = Tokenizer.from_str(json.dumps(s))

    for b in "removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous":
        variant("punctuation_" + b, pre_tokenizer=P.Punctuation(b))
        variant("split_" + b, pre_tokenizer=P.Sequence([P.Split("e", b, b == "removed"), P.Split(Regex(r"\d+|[^\w\s]|\s"), b, False)]))
    variant("fixed", pre_tokenizer=P.Sequence([P.CharDelimiterSplit("t"), P.FixedLength(3)]), decoder=D.Fuse())
    variant("nfd", normalizer=N.Sequence([N.NFD(), N.Replace("o", "00")]))
    variant("nfkc", normalizer=N.NFKC())
    variant("bytes_first", normalizer=N.Sequence([N.NFC(), N.ByteLevel()]), pre_tokenizer=P.Split(Regex("Ġ"), "merged_with_next", False), decoder=D.ByteLevel())
    variant("general_pattern", pre_tokenizer=P.Split(Regex(r"[A-Z]?[a-z]+|\p{N}{1,2}|[^\s\w]+|\s+(?!\S)|\s+"), "isolated", False))

    tok = Tokenizer.from_str(base.to_str())
    tok.normalizer = N.Lowercase()
    tok.pre_tokenizer = P.WhitespaceSplit()
    tok.add_tokens([AddedToken("day", single_word=True, normalized=False), AddedToken("the", lstrip=True, normalized=True), AddedToken("There", rstrip=True),
                    AddedToken("therefore", lstrip=True, rstrip=True), AddedToken("<x>", special=True), AddedToken("QUICK", normalized=True), AddedToken("quick brown", normalized=False),
                    AddedToken("é", normalized=True, single_word=True), AddedToken("ll", normalized=False)])
    tok.add_special_tokens(["[SEP]", AddedToken(" ", normalized=False, lstrip=True)])
    out["added"] = tok
    return out


def trained():
    """Tokenizers trained on corpus.txt, for TestTrainBPE."""
    bytes_first = P.ByteLevel(add_prefix_space=False)
    jobs = {
        "train_bytes": (M.BPE(), None, bytes_first, dict(vocab_size=900, initial_alphabet=ALPHABET, special_tokens=["<|endoftext|>"])),
        "train_frequency": (M.BPE(), None, split_then_bytes(LLAMA3), dict(vocab_size=5000, min_frequency=4, initial_alphabet=ALPHABET)),
        "train_suffix": (M.BPE(unk_token="<unk>", end_of_word_suffix="</w>"), N.Lowercase(), P.BertPreTokenizer(), dict(vocab_size=500, end_of_word_suffix="</w>", special_tokens=["<unk>"])),
        "train_long": (M.BPE(unk_token="<unk>"), N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")]), None, dict(vocab_size=400, max_token_length=5, special_tokens=["<unk>"])),
    }
    for name, (model, norm, pre, settings) in jobs.items():
        tok = Tokenizer(model)
        if norm:
            tok.normalizer = norm
        if pre:
            tok.pre_tokenizer = pre
        tok.train([str(here / "corpus.txt")], T.BpeTrainer(show_progress=False, **settings))
        (here / f"{name}.json").write_text(json.dumps(json.loads(tok.to_str()), ensure_ascii=False, separators=(",", ":")) + "\n")


def record(tok, enc):
    return {"ids": enc.ids, "types": enc.type_ids, "tokens": enc.tokens, "offsets": enc.offsets, "words": [-1 if w is None else w for w in enc.word_ids],
            "special": enc.special_tokens_mask, "mask": enc.attention_mask,
            "text": tok.decode(enc.ids), "all": tok.decode(enc.ids, skip_special_tokens=False)}


def pack(r):
    """Short forms of the longest fields."""
    r["offsets"] = [x for o in r["offsets"] for x in o]
    if not any(r["types"]):
        del r["types"]
    if not any(r["special"]):
        del r["special"]
    if all(r["mask"]):
        del r["mask"]
    return r


if __name__ == "__main__":
    trained()
    results = {"tokenizers": tokenizers.__version__, "texts": TEXTS, "pairs": PAIRS, "results": {}}
    for name, tok in zoo().items():
        if "--train" in sys.argv or not (here / f"{name}.json").exists():
            (here / f"{name}.json").write_text(json.dumps(json.loads(tok.to_str()), ensure_ascii=False, separators=(",", ":")) + "\n")
        tok = Tokenizer.from_file(str(here / f"{name}.json"))
        results["results"][name] = {"texts": [pack(record(tok, tok.encode(t))) for t in TEXTS], "pairs": [pack(record(tok, tok.encode(*p))) for p in PAIRS],
                                    "plain": [tok.encode(t, add_special_tokens=False).ids for t in TEXTS[:3]]}
    (here / "golden.json").write_text(json.dumps(results, ensure_ascii=False, separators=(",", ":")) + "\n")
