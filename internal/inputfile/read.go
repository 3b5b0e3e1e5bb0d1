package inputfile

import (
	"fmt"
	"io"
)

// Read returns the content of the regular file at path. It is an error if the file has more than limit bytes.
func Read(path string, limit int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("%s has more than %d bytes, which is the limit", path, limit)
	}
	return content, nil
}

// ReadGrowing reads size bytes from r. The memory doubles while bytes arrive, so a header that claims a wrong size
// costs at most twice the memory of the bytes that are there. With an error it returns the bytes read before it.
func ReadGrowing(r io.Reader, size int) ([]byte, error) {
	buf := make([]byte, 0, min(size, 64<<10))
	for len(buf) < size {
		if len(buf) == cap(buf) {
			room := size // doubling could overflow above size/2
			if cap(buf) < size/2 {
				room = 2 * cap(buf)
			}
			buf = append(make([]byte, 0, room), buf...)
		}
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err != nil {
			return buf, err
		}
	}
	return buf, nil
}

// NoEOF returns io.ErrUnexpectedEOF for io.EOF and any other error unchanged. It is for reads in the middle of a file.
func NoEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
