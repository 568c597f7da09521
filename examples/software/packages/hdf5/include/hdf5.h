#define H5_VERS_MAJOR 1
