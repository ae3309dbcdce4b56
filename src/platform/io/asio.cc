// The one translation unit that compiles Asio's SSL part and Beast; every other file only declares
// them (cmake/toolchain.cmake). Asio itself is compiled in base/asio.cc.
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
