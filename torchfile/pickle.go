package torchfile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/internal/inputfile"
)

// The instructions of pickle's protocols 2 to 5 that build data.
const (
	opMark            = '('
	opStop            = '.'
	opPop             = '0'
	opPopMark         = '1'
	opDup             = '2'
	opBinFloat        = 'G'
	opBinInt          = 'J'
	opBinInt1         = 'K'
	opBinInt2         = 'M'
	opNone            = 'N'
	opBinPersID       = 'Q'
	opReduce          = 'R'
	opBinString       = 'T'
	opShortBinString  = 'U'
	opBinUnicode      = 'X'
	opEmptyList       = ']'
	opAppend          = 'a'
	opBuild           = 'b'
	opGlobal          = 'c'
	opAppends         = 'e'
	opBinGet          = 'h'
	opLongBinGet      = 'j'
	opBinPut          = 'q'
	opLongBinPut      = 'r'
	opSetItem         = 's'
	opTuple           = 't'
	opSetItems        = 'u'
	opEmptyDict       = '}'
	opEmptyTuple      = ')'
	opBinBytes        = 'B'
	opShortBinBytes   = 'C'
	opProto           = 0x80
	opNewObj          = 0x81
	opTuple1          = 0x85
	opTuple2          = 0x86
	opTuple3          = 0x87
	opNewTrue         = 0x88
	opNewFalse        = 0x89
	opLong1           = 0x8a
	opLong4           = 0x8b
	opShortBinUnicode = 0x8c
	opBinUnicode8     = 0x8d
	opBinBytes8       = 0x8e
	opEmptySet        = 0x8f
	opAddItems        = 0x90
	opFrozenSet       = 0x91
	opNewObjEx        = 0x92
	opStackGlobal     = 0x93
	opMemoize         = 0x94
	opFrame           = 0x95
)

// maxPickle bounds the bytes of a pickle, and maxValues the values that it builds, copies of entries and places in the
// memo included: a byte can build a value of a hundred. The pickle of a model with 10,000 tensors has 2 MB. maxName
// bounds the bytes of the name of a module, class or function.
const (
	maxPickle = 256 << 20
	maxValues = 4 << 20
	maxName   = 1000
)

// mark is the value that opMark pushes.
type mark struct{}

// unpickler is the stack machine that runs a pickle.
type unpickler struct {
	r      *counter
	stack  []any
	memo   map[int]any
	values int
	// persistent returns the value for the identity that the instruction BINPERSID takes.
	persistent func(id any) (any, error)
}

// counter reads a file from a position on and knows the position.
type counter struct {
	r   *bufio.Reader
	pos int64
	end int64
}

func newCounter(r io.ReaderAt, size int64) *counter {
	return &counter{r: bufio.NewReader(io.NewSectionReader(r, 0, size)), end: size}
}

func (c *counter) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.pos++
	}
	return b, inputfile.NoEOF(err)
}

// next returns the next n bytes.
func (c *counter) next(n uint64) ([]byte, error) {
	if n > uint64(c.end-c.pos) || n > maxPickle {
		return nil, errorf("%d bytes are announced, but at most %d follow", n, min(c.end-c.pos, maxPickle))
	}
	p := make([]byte, n)
	m, err := io.ReadFull(c.r, p)
	c.pos += int64(m)
	return p, inputfile.NoEOF(err)
}

// uint returns the next n bytes as a little-endian number.
func (c *counter) uint(n int) (uint64, error) {
	p, err := c.next(uint64(n))
	if err != nil {
		return 0, err
	}
	var b [8]byte
	copy(b[:], p)
	return binary.LittleEndian.Uint64(b[:]), nil
}

// line returns the text up to the next newline.
func (c *counter) line() (string, error) {
	var line []byte
	for len(line) < maxName {
		b, err := c.ReadByte()
		if err != nil || b == '\n' {
			return string(line), err
		}
		line = append(line, b)
	}
	return "", errorf("a name is longer than %d bytes", maxName)
}

// run runs one pickle and returns its value.
func (u *unpickler) run() (any, error) {
	u.stack, u.memo = nil, map[int]any{}
	start := u.r.pos
	for {
		at := u.r.pos
		op, err := u.r.ReadByte()
		if err == nil && op == opStop {
			v, err := u.pop()
			if err == nil && len(u.stack) > 0 {
				err = errorf("the pickle ends with %d values too many", len(u.stack))
			}
			return v, err
		}
		if err == nil && (at-start > maxPickle || u.values > maxValues) {
			err = errorf("the pickle has more than %d bytes or %d values", maxPickle, maxValues)
		}
		if err == nil {
			err = u.step(op)
		}
		if err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = errorf("the file ends within the pickle")
			}
			return nil, errorf("pickle, byte %d: %v", at, err)
		}
	}
}

// step runs one instruction.
func (u *unpickler) step(op byte) error {
	switch op {
	case opProto:
		version, err := u.r.ReadByte()
		if err == nil && (version < 2 || version > 5) {
			err = errorf("protocol %d, want 2 to 5", version)
		}
		return err
	case opFrame:
		_, err := u.r.uint(8)
		return err
	case opMark:
		u.push(mark{})
	case opPop:
		_, err := u.pop()
		return err
	case opPopMark:
		_, err := u.popMark()
		return err
	case opDup:
		v, err := u.pop()
		u.push(v)
		u.push(v)
		return err
	case opNone:
		u.push(nil)
	case opNewTrue, opNewFalse:
		u.push(op == opNewTrue)
	case opBinInt, opBinInt1, opBinInt2, opLong1, opLong4, opBinFloat:
		return u.number(op)
	case opBinUnicode, opShortBinUnicode, opBinUnicode8, opBinString, opShortBinString, opBinBytes, opShortBinBytes, opBinBytes8:
		return u.text(op)
	case opEmptyDict:
		u.push(&Dict{})
	case opEmptyList, opEmptyTuple, opEmptySet:
		u.push(&list{})
	case opTuple, opFrozenSet:
		items, err := u.popMark()
		u.push(&list{items})
		return err
	case opTuple1, opTuple2, opTuple3:
		items, err := u.popN(int(op-opTuple1) + 1)
		u.push(&list{items})
		return err
	case opAppend:
		items, err := u.popN(1)
		return u.appendItems(items, err)
	case opAppends, opAddItems:
		items, err := u.popMark()
		return u.appendItems(items, err)
	case opSetItem:
		items, err := u.popN(2)
		return u.setItems(items, err)
	case opSetItems:
		items, err := u.popMark()
		return u.setItems(items, err)
	case opBinPut, opLongBinPut, opMemoize, opBinGet, opLongBinGet:
		return u.remember(op)
	case opGlobal:
		module, err := u.r.line()
		if err != nil {
			return err
		}
		name, err := u.r.line()
		u.push(class(module + "." + name))
		return err
	case opStackGlobal:
		names, err := u.popN(2)
		if err != nil {
			return err
		}
		module, ok := names[0].(string)
		name, ok2 := names[1].(string)
		if !ok || !ok2 {
			return errorf("the name of a class is not a string")
		}
		if len(module)+len(name) > maxName {
			return errorf("a name is longer than %d bytes", maxName)
		}
		u.push(class(module + "." + name))
	case opBinPersID:
		id, err := u.popN(1)
		if err != nil {
			return err
		}
		if u.persistent == nil {
			return errorf("a reference to a storage before the description of the file's data")
		}
		v, err := u.persistent(id[0])
		u.push(v)
		return err
	case opReduce, opNewObj, opNewObjEx:
		return u.call(op)
	case opBuild:
		values, err := u.popN(2)
		if err != nil {
			return err
		}
		u.push(u.build(values[0], values[1]))
	default:
		return errorf("instruction 0x%02x is refused: torch.save does not write it", op)
	}
	return nil
}

func (u *unpickler) push(v any) {
	u.values++
	u.stack = append(u.stack, v)
}

func (u *unpickler) pop() (any, error) {
	items, err := u.popN(1)
	if err != nil {
		return nil, err
	}
	return items[0], nil
}

// popN removes the top n values and returns a copy of them.
func (u *unpickler) popN(n int) ([]any, error) {
	i := len(u.stack) - n
	if i < 0 || slices.Contains(u.stack[i:], any(mark{})) {
		return nil, errorf("the stack has too few values")
	}
	items := slices.Clone(u.stack[i:])
	u.stack = u.stack[:i]
	return items, nil
}

// popMark removes the values above the last mark, and the mark, and returns a copy of the values.
func (u *unpickler) popMark() ([]any, error) {
	for i := len(u.stack) - 1; i >= 0; i-- {
		if u.stack[i] == any(mark{}) {
			items := slices.Clone(u.stack[i+1:])
			u.stack = u.stack[:i]
			return items, nil
		}
	}
	return nil, errorf("the stack has no mark")
}

// number pushes the number that follows op.
func (u *unpickler) number(op byte) error {
	switch op {
	case opBinFloat:
		p, err := u.r.next(8)
		if err == nil {
			u.push(math.Float64frombits(binary.BigEndian.Uint64(p)))
		}
		return err
	case opBinInt, opBinInt1, opBinInt2:
		v, err := u.r.uint(map[byte]int{opBinInt: 4, opBinInt1: 1, opBinInt2: 2}[op])
		if op == opBinInt {
			v = uint64(int64(int32(v)))
		}
		u.push(int64(v))
		return err
	}
	n, err := u.r.uint(map[byte]int{opLong1: 1, opLong4: 4}[op])
	if err != nil {
		return err
	}
	const longest = 1 << 10 // bytes of an integer
	if n > longest {
		return errorf("an integer of %d bytes, want at most %d", n, longest)
	}
	p, err := u.r.next(n)
	if err != nil {
		return err
	}
	slices.Reverse(p) // little-endian two's complement
	v := new(big.Int).SetBytes(p)
	if n > 0 && p[0]&0x80 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*n)))
	}
	if v.IsInt64() {
		u.push(v.Int64())
	} else {
		u.push(v)
	}
	return nil
}

// text pushes the string or bytes that follow op.
func (u *unpickler) text(op byte) error {
	width := 4
	switch op {
	case opShortBinUnicode, opShortBinString, opShortBinBytes:
		width = 1
	case opBinUnicode8, opBinBytes8:
		width = 8
	}
	n, err := u.r.uint(width)
	if err != nil {
		return err
	}
	p, err := u.r.next(n)
	if err != nil {
		return err
	}
	if op == opBinBytes || op == opShortBinBytes || op == opBinBytes8 {
		u.push(p)
	} else {
		u.push(string(p))
	}
	return nil
}

// remember stores the top of the stack in the memo, or pushes a value of the memo.
func (u *unpickler) remember(op byte) error {
	i := uint64(len(u.memo)) // MEMOIZE
	var err error
	switch op {
	case opBinPut, opBinGet:
		i, err = u.r.uint(1)
	case opLongBinPut, opLongBinGet:
		i, err = u.r.uint(4)
	}
	if err != nil {
		return err
	}
	if op == opBinGet || op == opLongBinGet {
		v, ok := u.memo[int(i)]
		if !ok {
			return errorf("the memo has no value %d", i)
		}
		u.push(v)
		return nil
	}
	v, err := u.pop()
	if err != nil {
		return err
	}
	if _, ok := u.memo[int(i)]; !ok {
		u.values++
	}
	u.memo[int(i)] = v
	u.stack = append(u.stack, v)
	return nil
}

// appendItems appends items to the list on the top of the stack.
func (u *unpickler) appendItems(items []any, err error) error {
	if err != nil {
		return err
	}
	if len(u.stack) > 0 {
		if l, ok := u.stack[len(u.stack)-1].(*list); ok {
			l.items = append(l.items, items...)
			return nil
		}
	}
	return errorf("values are appended to what is not a list")
}

// setItems adds keys and values in turn to the dictionary on the top of the stack.
func (u *unpickler) setItems(items []any, err error) error {
	if err != nil {
		return err
	}
	if len(u.stack) == 0 || len(items)%2 != 0 {
		return errorf("entries are added to what is not a dictionary")
	}
	d, ok := u.stack[len(u.stack)-1].(*Dict)
	if !ok {
		// An instance of a class that extends dict: its entries become its attributes.
		o, isObject := u.stack[len(u.stack)-1].(*Object)
		if !isObject {
			return errorf("entries are added to what is not a dictionary")
		}
		if d, ok = o.State.(*Dict); !ok {
			d = &Dict{}
			o.State = d
		}
	}
	for i := 0; i < len(items); i += 2 {
		d.set(items[i], items[i+1])
	}
	return nil
}

// call pushes the result of calling a class or function.
func (u *unpickler) call(op byte) error {
	n := 2
	if op == opNewObjEx {
		n = 3 // and keyword arguments
	}
	values, err := u.popN(n)
	if err != nil {
		return err
	}
	f, ok := values[0].(class)
	args, ok2 := values[1].(*list)
	if !ok || !ok2 {
		return errorf("a call of what is not a function with arguments")
	}
	v, err := u.rebuild(string(f), args.items)
	if err != nil {
		return errorf("%s: %v", strings.TrimPrefix(string(f), "torch._utils."), err)
	}
	u.push(v)
	return nil
}

// build sets the attributes of v. Those of a dictionary or tensor are dropped.
func (u *unpickler) build(v, state any) any {
	o, ok := v.(*Object)
	if !ok {
		return v
	}
	old, ok := o.State.(*Dict)
	more, ok2 := state.(*Dict)
	if ok && ok2 {
		u.values += len(more.Items)
		for _, item := range more.Items {
			old.set(item.Key, item.Value)
		}
		return o
	}
	o.State = state
	return o
}
