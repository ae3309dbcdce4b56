// The one translation unit that compiles Asio, its SSL part and Beast; every other file only
// declares them (cmake/toolchain.cmake).
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
