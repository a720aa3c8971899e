// Package browsertest drives the emulator's page in a real browser: it clicks and types as a person does,
// while a program sends through the SDK.
//
// The tests need Chromium or Chrome. Without one they are skipped, but fail where CI is true. With
// WECHAT_UPDATE_SCREENSHOTS=1 they also write the pictures of docs/images.
package browsertest
