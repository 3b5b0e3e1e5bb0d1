package torchfile

import (
	"archive/zip"
	"fmt"
	"io"
	"maps"
	"math/big"
	"path"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/tensor"
)

// budget is the number of bytes that a file's tensors may still have.
type budget int64

// newBudget allows four times the file's size: tensors may share a storage, and small ones are given some room.
func newBudget(size int64) *budget {
	b := budget(4*size + 1<<20)
	return &b
}

// readZip reads the format of torch.save since PyTorch 1.6, and of torch.jit.save.
func readZip(r io.ReaderAt, size int64) (any, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, errorf("the zip archive is damaged or incomplete: %v", err)
	}
	entries := make(map[string]*zip.File, len(archive.File))
	var pickle *zip.File
	for _, e := range archive.File {
		entries[e.Name] = e
		if dir, name := path.Split(e.Name); name == "data.pkl" && strings.Count(dir, "/") <= 1 {
			pickle = e
		}
	}
	if pickle == nil {
		return nil, errorf("the zip archive has no entry NAME/data.pkl, which torch.save writes")
	}
	dir := path.Dir(pickle.Name) + "/"
	bigEndian := false
	if e := entries[dir+"byteorder"]; e != nil {
		order, err := readEntry(e, 16)
		if err != nil {
			return nil, err
		}
		bigEndian = strings.TrimSpace(string(order)) == "big"
	}
	program, err := readEntry(pickle, maxPickle)
	if err != nil {
		return nil, err
	}
	storages := map[string]*storage{}
	u := unpickler{r: newCounter(strings.NewReader(string(program)), int64(len(program)))}
	u.persistent = func(id any) (any, error) { return findStorage(storages, id) }
	root, err := u.run()
	if err != nil {
		return nil, err
	}
	left, unread := newBudget(size), uint64(size)
	for _, key := range slices.Sorted(maps.Keys(storages)) {
		s := storages[key]
		e := entries[dir+"data/"+key]
		if e == nil {
			return nil, errorf("the archive has no entry %s, which tensors refer to", dir+"data/"+key)
		}
		data, err := readEntry(e, int64(unread))
		if err != nil {
			return nil, err
		}
		unread -= uint64(len(data)) // entries may overlap in a hostile archive
		if err := s.fill(data, bigEndian, left); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// readEntry returns the bytes of an entry, and checks its checksum. torch.save does not compress, so that an entry
// cannot be larger than the file.
func readEntry(e *zip.File, most int64) ([]byte, error) {
	if e.Method != zip.Store || e.UncompressedSize64 != e.CompressedSize64 {
		return nil, errorf("entry %s is compressed, which torch.save does not do", e.Name)
	}
	if e.UncompressedSize64 > uint64(most) {
		return nil, errorf("entry %s has %d bytes, want at most %d", e.Name, e.UncompressedSize64, most)
	}
	r, err := e.Open()
	if err != nil {
		return nil, errorf("entry %s: %v", e.Name, err)
	}
	defer r.Close()
	data := make([]byte, e.UncompressedSize64)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, errorf("entry %s: %v", e.Name, err)
	}
	if _, err := r.Read(make([]byte, 1)); err != io.EOF { // compares the checksum
		return nil, errorf("entry %s: %v", e.Name, err)
	}
	return data, nil
}

// legacyMagic is the number that a file in the legacy format begins with.
var legacyMagic, _ = new(big.Int).SetString("1950a86a20f9469cfc6c", 16)

const legacyVersion = 1001

// readLegacy reads the format of torch.save before PyTorch 1.6: pickles of a magic number, a version, a description of
// the machine, the value and the storages' keys, then each storage: its length as 8 bytes and its elements.
func readLegacy(r io.ReaderAt, size int64) (any, error) {
	u := unpickler{r: newCounter(r, size)}
	var header [3]any // magic number, version, machine
	for i := range header {
		v, err := u.run()
		if err != nil {
			return nil, err
		}
		header[i] = v
		if magic, ok := v.(*big.Int); i == 0 && (!ok || magic.Cmp(legacyMagic) != 0) {
			return nil, errorf("this is a Python pickle that torch.save did not write")
		}
	}
	if header[1] != any(int64(legacyVersion)) {
		return nil, errorf("version %v of the legacy format, want %d", header[1], legacyVersion)
	}
	bigEndian := false
	if machine, ok := header[2].(*Dict); ok {
		little, ok := machine.Get("little_endian")
		bigEndian = ok && little == any(false)
	}
	storages := map[string]*storage{}
	u.persistent = func(id any) (any, error) { return findStorage(storages, id) }
	root, err := u.run()
	if err != nil {
		return nil, err
	}
	u.persistent = nil
	keys, err := u.run()
	if err != nil {
		return nil, err
	}
	l, ok := keys.(*list)
	if !ok {
		return nil, errorf("the keys of the storages are not a list")
	}
	left := newBudget(size)
	for _, k := range l.items {
		key, _ := k.(string)
		s := storages[key]
		if s == nil {
			return nil, errorf("no tensor uses the storage %q", key)
		}
		delete(storages, key)
		if err := s.readLegacy(u.r, bigEndian, left); err != nil {
			return nil, err
		}
	}
	if len(storages) > 0 {
		return nil, errorf("the file has no data for the storage %q, which tensors refer to", slices.Sorted(maps.Keys(storages))[0])
	}
	return root, nil
}

// readLegacy reads s and its tensors.
func (s *storage) readLegacy(r *counter, bigEndian bool, left *budget) error {
	n, err := r.uint(8)
	if err != nil {
		return errorf("storage %q: %v", s.key, err)
	}
	width := uint64(elementTypes[s.kind].size)
	if n != uint64(s.size) || n > uint64(r.end-r.pos)/width {
		return errorf("storage %q has %d elements of %d bytes, but its tensors expect %d, and %d bytes follow", s.key,
			n, width, s.size, r.end-r.pos)
	}
	data := make([]byte, n*width)
	m, err := io.ReadFull(r.r, data)
	r.pos += int64(m)
	if err != nil {
		return err
	}
	return s.fill(data, bigEndian, left)
}

// findStorage returns the storage with the identity id, which it adds to storages. The identity is a tuple of the word
// "storage", the storage's class, its key, its device and its length; in the legacy format a view of the storage may
// follow, which must be nil. In the legacy format the class of a module is a tuple of the word "module", the class and
// its source code.
func findStorage(storages map[string]*storage, id any) (any, error) {
	l, ok := id.(*list)
	if ok && len(l.items) >= 2 && l.items[0] == any("module") {
		return l.items[1], nil
	}
	if !ok || len(l.items) < 5 || l.items[0] != any("storage") {
		return nil, errorf("the identity of a storage is not (\"storage\", class, key, device, length)")
	}
	kind, ok := l.items[1].(class)
	key, ok2 := l.items[2].(string)
	size, ok3 := l.items[4].(int64)
	if !ok || !ok2 || !ok3 || size < 0 {
		return nil, errorf("the identity of a storage is not (\"storage\", class, key, device, length)")
	}
	if len(l.items) > 5 && l.items[5] != nil {
		return nil, errorf("storage %q is a view of another one, which PyTorch wrote before version 0.4 only", key)
	}
	name := string(kind)[strings.LastIndexByte(string(kind), '.')+1:]
	name, ok = strings.CutSuffix(name, "Storage")
	if _, known := elementTypes[name]; !ok || !known {
		return nil, errorf("%s is not a class of storages that torch.save writes", kind)
	}
	s := storages[key]
	if s == nil {
		s = &storage{key: key, kind: name, size: size}
		storages[key] = s
	} else if s.kind != name {
		return nil, errorf("storage %q has both type %s and type %s", key, s.kind, name)
	}
	return s, nil
}

// fill sets the tensors that use s. data are the bytes of s.
func (s *storage) fill(data []byte, bigEndian bool, left *budget) error {
	made := map[string]tensor.Tensor{} // the tensors of s by type, offset, shape, stride and sign
	for _, v := range s.uses {
		if v.unsupported != "" {
			continue
		}
		key := fmt.Sprint(v.dtype.name, v.offset, v.shape, v.stride, v.negative)
		if t, ok := made[key]; ok {
			v.tensor = t
			continue
		}
		raw, err := v.elements(data, left)
		if err != nil {
			return errorf("storage %q: %v", s.key, err)
		}
		if w := int(v.dtype.size); bigEndian {
			for i := 0; i < len(raw); i += w {
				slices.Reverse(raw[i : i+w])
			}
		}
		if v.dtype.dtype == tensor.Bool {
			for i, b := range raw {
				if b > 1 {
					return errorf("storage %q: element %d of a boolean tensor is %d, want 0 or 1", s.key, i, b)
				}
			}
		}
		err = tensor.Try(func() {
			v.tensor = tensor.Options{DType: v.dtype.dtype}.FromBytes(raw, ints(v.shape)...)
			if v.negative {
				v.tensor = v.tensor.Neg()
			}
		})
		if err != nil { // an empty tensor with a huge dimension, negated booleans
			return errorf("storage %q: %v", s.key, err)
		}
		made[key] = v.tensor
	}
	return nil
}

// elements returns a copy of v's elements in row-major order.
func (v *view) elements(data []byte, left *budget) ([]byte, error) {
	width := v.dtype.size
	room := int64(len(data)) / width // elements of the storage
	if len(v.stride) != len(v.shape) || v.offset < 0 {
		return nil, errorf("a tensor has shape %v, strides %v and offset %d", v.shape, v.stride, v.offset)
	}
	n, last := int64(1), v.offset // number of elements, and position of the last one
	for _, d := range v.shape {
		if d < 0 {
			return nil, errorf("a tensor has the negative shape %v", v.shape)
		}
		if d == 0 {
			return nil, nil
		}
	}
	for i, d := range v.shape {
		if n > int64(*left)/width/d {
			return nil, errorf("the tensors have more than four times as many bytes as the file: one has shape %v", v.shape)
		}
		n *= d
		if d > 1 {
			if v.stride[i] < 0 || v.stride[i] > room/(d-1) {
				return nil, errorf("a tensor of shape %v and strides %v does not fit into a storage of %d elements",
					v.shape, v.stride, room)
			}
			last += v.stride[i] * (d - 1)
		}
	}
	if last < 0 || last >= room {
		return nil, errorf("a tensor of shape %v, strides %v and offset %d does not fit into a storage of %d elements",
			v.shape, v.stride, v.offset, room)
	}
	*left -= budget(n * width)
	out := make([]byte, 0, n*width)
	return v.appendFrom(out, data, 0, v.offset), nil
}

// appendFrom appends the elements of dimensions dim and later that begin at element offset of data.
func (v *view) appendFrom(out, data []byte, dim int, offset int64) []byte {
	width := v.dtype.size
	if dim == len(v.shape) {
		return append(out, data[offset*width:(offset+1)*width]...)
	}
	if v.rowMajor(dim) {
		n := int64(1)
		for _, d := range v.shape[dim:] {
			n *= d
		}
		return append(out, data[offset*width:(offset+n)*width]...)
	}
	for i := range v.shape[dim] {
		out = v.appendFrom(out, data, dim+1, offset+i*v.stride[dim])
	}
	return out
}

// rowMajor reports whether the elements of dimensions dim and later are one block in row-major order.
func (v *view) rowMajor(dim int) bool {
	n := int64(1)
	for i := len(v.shape) - 1; i >= dim; i-- {
		if v.shape[i] != 1 && v.stride[i] != n {
			return false
		}
		n *= v.shape[i]
	}
	return true
}

func ints(v []int64) []int {
	out := make([]int, len(v))
	for i := range v {
		out[i] = int(v[i])
	}
	return out
}
