// Package torchfile reads the files that PyTorch's torch.save and torch.jit.save write (.pt, .pth): tensors, and the
// numbers, strings and dictionaries around them.
//
// Such a file holds a pickle, which is a program for a stack machine of Python's. This package runs the instructions
// that build data and refuses all others. A class or function that the pickle names is never looked up or called: a
// call of a function that rebuilds a tensor is recognized by its name and becomes a tensor, and any other object
// becomes an [Object], a name with arguments and attributes.
//
// Three formats are read:
//
//	zip      NAME/data.pkl, NAME/data/0, NAME/data/1, …: torch.save since PyTorch 1.6
//	script   the same, and code, which is ignored: torch.jit.save
//	legacy   four pickles, then the bytes of the storages one after another: torch.save before PyTorch 1.6
//
// Memory is bounded by the file's size: a tensor that repeats its storage's elements counts with its full size, and
// together the tensors have at most four times as many bytes as the file.
//
// Sources: https://pytorch.org/docs/stable/notes/serialization.html, and the description of pickle's instructions in
// Python's standard module pickletools.
package torchfile
