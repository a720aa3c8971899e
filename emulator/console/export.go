package console

import (
	"archive/zip"
	"bytes"
	"maps"
	"slices"

	"github.com/wechatkit/wechat/emulator"
)

var exportRoutes = map[string]handler{
	"GET /saved-state": getSavedState,
	"PUT /saved-state": putSavedState,
	"GET /record.har":  getHAR,
	"GET /golden.zip":  getGolden,
}

func getSavedState(r *request) (any, error) {
	var b bytes.Buffer
	if err := r.wx.Save(&b); err != nil {
		return nil, err
	}
	return file{"wechat-emulator-state.json", "application/json", b.Bytes()}, nil
}

// putSavedState puts an emulator with this state in place.
func putSavedState(r *request) (any, error) {
	data, err := readJSON(r, maxState)
	if err != nil {
		return nil, err
	}
	wx, err := emulator.Load(bytes.NewReader(data), r.c.options...)
	if err != nil {
		return nil, badRequest("%v", err)
	}
	return struct{}{}, r.c.replace(wx)
}

func getHAR(r *request) (any, error) {
	var b bytes.Buffer
	if err := r.wx.WriteHAR(&b); err != nil {
		return nil, err
	}
	return file{"wechat-emulator.har", "application/json", b.Bytes()}, nil
}

func getGolden(r *request) (any, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	files := r.wx.Golden()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.Create(name)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(files[name]); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return file{"golden.zip", "application/zip", b.Bytes()}, nil
}
