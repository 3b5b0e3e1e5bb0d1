package tbevents

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A record is
//
//	uint64 length, uint32 masked CRC of the length, length bytes of data, uint32 masked CRC of the data
//
// with little-endian numbers and the CRC-32C of the bytes.
const (
	headerSize = 12
	footerSize = 4
)

// maxRecord limits the length of a record that is read. A summary of all weights' histograms has some 100 KB, an image
// a few MB.
const maxRecord = 64 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maskedCRC returns the CRC-32C of b, rotated and shifted as TensorFlow stores it: a CRC of data that contain CRCs
// would be weak.
func maskedCRC(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// frame fills in the header of a record, the first headerSize bytes of b, and appends its footer.
func frame(b []byte) []byte {
	binary.LittleEndian.PutUint64(b, uint64(len(b)-headerSize))
	binary.LittleEndian.PutUint32(b[8:], maskedCRC(b[:8]))
	return binary.LittleEndian.AppendUint32(b, maskedCRC(b[headerSize:]))
}

// recordReader reads the records of a file. Its buffer grows with the bytes that arrive, so a wrong length does not
// allocate more than the input has.
type recordReader struct {
	r      io.Reader
	offset int64 // of the next record
	buf    bytes.Buffer
}

// next returns the data of the next record, valid until the next call. The error is io.EOF after the last record, and
// wraps io.ErrUnexpectedEOF if the file ends within a record.
func (r *recordReader) next() ([]byte, error) {
	var header [headerSize]byte
	if n, err := io.ReadFull(r.r, header[:]); err == io.EOF {
		return nil, io.EOF
	} else if err != nil {
		return nil, r.fail("the file ends after %d bytes of the record's header: %w", n, err)
	}
	if binary.LittleEndian.Uint32(header[8:]) != maskedCRC(header[:8]) {
		return nil, r.fail("the checksum of the length is wrong")
	}
	length := binary.LittleEndian.Uint64(header[:])
	if length > maxRecord {
		return nil, r.fail("the record has %d bytes; at most %d are read", length, maxRecord)
	}
	r.buf.Reset()
	n, err := io.CopyN(&r.buf, r.r, int64(length)+footerSize)
	if errors.Is(err, io.EOF) {
		return nil, r.fail("the file ends after %d of the record's %d bytes: %w", n, length+footerSize, io.ErrUnexpectedEOF)
	} else if err != nil {
		return nil, r.fail("%w", err)
	}
	data := r.buf.Bytes()[:length]
	if binary.LittleEndian.Uint32(r.buf.Bytes()[length:]) != maskedCRC(data) {
		return nil, r.fail("the checksum of the data is wrong")
	}
	r.offset += headerSize + int64(length) + footerSize
	return data, nil
}

func (r *recordReader) fail(format string, args ...any) error {
	return fmt.Errorf("record at byte %d: %w", r.offset, fmt.Errorf(format, args...))
}
