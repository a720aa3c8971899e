package emulator

// part is what a list holds from an offset on, at most count of it, whatever numbers a caller sends.
func part[T any](list []T, offset, count int) []T {
	from := min(max(0, offset), len(list))
	return list[from : from+min(max(0, count), len(list)-from)]
}
