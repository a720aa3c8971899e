package rest

import (
	"io/fs"
	"iter"
	"net"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"

	"github.com/wechatkit/wechat/internal/secret"
)

// deepestHeld is where a walk through an error ends: one that holds itself has no end.
const deepestHeld = 16

// ownWords are the fields of errors that say what was done, in the words of their package.
var ownWords = map[reflect.Type][]string{
	reflect.TypeFor[net.OpError]():      {"Op", "Net"},
	reflect.TypeFor[url.Error]():        {"Op"},
	reflect.TypeFor[os.SyscallError]():  {"Syscall"},
	reflect.TypeFor[fs.PathError]():     {"Op"},
	reflect.TypeFor[os.LinkError]():     {"Op"},
	reflect.TypeFor[strconv.NumError](): {"Func"},
}

// fields gives the fields of a struct in which there may be a text.
func fields(v reflect.Value) iter.Seq[reflect.Value] {
	own := ownWords[v.Type()]
	return func(yield func(reflect.Value) bool) {
		for field, value := range v.Fields() {
			if !slices.Contains(own, field.Name) && !yield(value) {
				return
			}
		}
	}
}

// isShared reports whether values of type t are in use by others: with a lock or an atomic value in them. They are neither
// looked into nor copied.
func isShared(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer:
		return isSync(t.Elem()) // the lock is kept elsewhere; anything else has its own
	case reflect.Array:
		return isShared(t.Elem())
	case reflect.Struct:
		return isSync(t) || hasField(t, isShared)
	}
	return isSync(t)
}

func isSync(t reflect.Type) bool { return t.PkgPath() == "sync" || t.PkgPath() == "sync/atomic" }

func hasField(t reflect.Type, is func(reflect.Type) bool) bool {
	for i := range t.NumField() {
		if is(t.Field(i).Type) {
			return true
		}
	}
	return false
}

// follows reports whether what a pointer of type t points to belongs to the error that holds the pointer: an error, or
// nothing but data. What else there is, such as a request or a connection, may be in use by others.
func follows(t reflect.Type) bool {
	return t.Implements(errorType) || !isMore(t, map[reflect.Type]bool{})
}

var errorType = reflect.TypeFor[error]()

// isMore reports whether there is more than data in values of type t.
func isMore(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	within := func(t reflect.Type) bool { return isMore(t, seen) }
	switch t.Kind() {
	case reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return true
	case reflect.Interface:
		return !t.Implements(errorType)
	case reflect.Map:
		return within(t.Key()) || within(t.Elem())
	case reflect.Array, reflect.Slice, reflect.Pointer:
		return within(t.Elem())
	case reflect.Struct:
		return isSync(t) || t.PkgPath() == "time" || hasField(t, within) // a time zone is everybody's
	}
	return false
}

// holds reports whether a value has something that must not be shown, as far as fmt or encoding/json would print it.
func (c *cover) holds(v reflect.Value) bool { return search{c, map[any]bool{}}.in(v, 0) }

// search is a walk through a value.
type search struct {
	*cover
	seen map[any]bool // pointers
}

func (s search) in(v reflect.Value, depth int) bool {
	if depth > deepestHeld {
		return true
	}
	switch v.Kind() {
	case reflect.String:
		return s.redact(v.String()) != v.String()
	case reflect.Interface:
		return !v.IsNil() && s.in(v.Elem(), depth+1)
	case reflect.Pointer:
		return !v.IsNil() && follows(v.Type()) && s.behind(v, depth)
	case reflect.Struct:
		return s.inField(v, depth)
	case reflect.Slice, reflect.Array:
		return s.inElement(v, depth)
	case reflect.Map:
		for entry := v.MapRange(); entry.Next(); {
			if s.in(entry.Key(), depth+1) || s.in(entry.Value(), depth+1) {
				return true
			}
		}
	}
	return false
}

func (s search) behind(v reflect.Value, depth int) bool {
	pointer := [2]any{v.UnsafePointer(), v.Type()}
	if s.seen[pointer] {
		return false
	}
	s.seen[pointer] = true
	return s.in(v.Elem(), depth+1)
}

func (s search) inField(v reflect.Value, depth int) bool {
	if isShared(v.Type()) {
		return false
	}
	if s.users && v.Type() == reflect.TypeFor[url.Error]() && v.FieldByName("URL").String() != secret.Mask {
		return true // an address of a transport's is never shown
	}
	for field := range fields(v) {
		if s.in(field, depth+1) {
			return true
		}
	}
	return false
}

func (s search) inElement(v reflect.Value, depth int) bool {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		text := bytesOf(v)
		return s.redact(text) != text
	}
	for i := range v.Len() {
		if s.in(v.Index(i), depth+1) {
			return true
		}
	}
	return false
}

// bytesOf returns the text in a slice or an array of bytes.
func bytesOf(v reflect.Value) string {
	data := make([]byte, v.Len())
	for i := range data {
		data[i] = byte(v.Index(i).Uint())
	}
	return string(data)
}

// copied returns a copy of err with masks over its texts, or err itself where there is nothing to mask, or no copy can be
// made, or the copy could not be printed.
func (c *cover) copied(err error) error {
	v := reflect.ValueOf(err)
	if !c.holds(v) {
		return err
	}
	target := settable(v)
	if m := (masker{c, map[any]reflect.Value{}}); !m.mask(target, 0) {
		return err
	}
	masked := target.Interface().(error)
	if _, prints := textOf(masked); !prints {
		return err
	}
	return masked
}

// settable returns a place with the value v.
func settable(v reflect.Value) reflect.Value {
	place := reflect.New(v.Type()).Elem()
	place.Set(v)
	return place
}

// masker puts masks over the texts of a copy. What it finds behind pointers, in slices and in maps it copies first.
type masker struct {
	*cover
	copies map[any]reflect.Value // by the pointer to the original
}

// mask puts masks over the texts in v, which can be set, and reports whether it could do so with all of them.
func (m *masker) mask(v reflect.Value, depth int) bool {
	if !m.holds(v) {
		return true
	}
	if depth > deepestHeld {
		return false
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(m.redact(v.String()))
		return true
	case reflect.Interface:
		return m.maskInterface(v, depth)
	case reflect.Pointer:
		return m.maskPointer(v, depth)
	case reflect.Struct:
		return m.maskStruct(v, depth)
	case reflect.Slice:
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		v.Set(own)
		return m.maskElements(v, depth)
	case reflect.Array:
		return m.maskElements(v, depth)
	case reflect.Map:
		return m.maskMap(v, depth)
	}
	return false
}

func (m *masker) maskInterface(v reflect.Value, depth int) bool {
	if err, ok := v.Interface().(error); ok {
		hidden := reflect.ValueOf(m.hide(err))
		if hidden.Type().AssignableTo(v.Type()) {
			v.Set(hidden)
			return true
		}
	}
	own := settable(v.Elem())
	if !m.mask(own, depth+1) {
		return false
	}
	v.Set(own)
	return true
}

func (m *masker) maskPointer(v reflect.Value, depth int) bool {
	original := v.Interface()
	if own, ok := m.copies[original]; ok {
		v.Set(own)
		return true
	}
	own := reflect.New(v.Type().Elem())
	own.Elem().Set(v.Elem())
	m.copies[original] = own.Convert(v.Type())
	v.Set(m.copies[original])
	return m.mask(own.Elem(), depth+1)
}

// maskStruct masks the fields, also those that are not exported: all of them are the copy's own.
func (m *masker) maskStruct(v reflect.Value, depth int) bool {
	if ue, ok := v.Addr().Interface().(*url.Error); ok && m.users {
		ue.URL = secret.Mask
	}
	for field := range fields(v) {
		if !m.mask(reflect.NewAt(field.Type(), field.Addr().UnsafePointer()).Elem(), depth+1) {
			return false
		}
	}
	return true
}

func (m *masker) maskElements(v reflect.Value, depth int) bool {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		masked := m.redact(bytesOf(v))
		if v.Kind() == reflect.Slice {
			v.SetBytes([]byte(masked))
			return true
		}
		data := v.Bytes()
		clear(data[copy(data, masked):])
		return true
	}
	for i := range v.Len() {
		if !m.mask(v.Index(i), depth+1) {
			return false
		}
	}
	return true
}

func (m *masker) maskMap(v reflect.Value, depth int) bool {
	own := reflect.MakeMapWithSize(v.Type(), v.Len())
	for entry := v.MapRange(); entry.Next(); {
		key, value := settable(entry.Key()), settable(entry.Value())
		if !m.mask(key, depth+1) || !m.mask(value, depth+1) {
			return false
		}
		own.SetMapIndex(key, value)
	}
	v.Set(own)
	return true
}
